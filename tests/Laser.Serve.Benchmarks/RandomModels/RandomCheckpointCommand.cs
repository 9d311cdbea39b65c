using System.CommandLine;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary><c>random-checkpoint</c>: the models that the peers are compared on.</summary>
internal static class RandomCheckpointCommand
{
    public static Command Create()
    {
        var shape = new Option<string>("--shape") { Description = "A (110 M), B (1.1 G) or tiny.", Required = true };
        var to = new Option<DirectoryInfo>("--to") { Description = "Folder for the files.", Required = true };
        var noGguf = new Option<bool>("--no-gguf") { Description = "Nothing for llama.cpp." };
        var command = new Command("random-checkpoint", "Writes a random model for us and for llama.cpp.") { shape, to, noGguf };
        command.SetAction(result => RandomCheckpoint.Write(
            result.GetRequiredValue(to).FullName,
            PeerShape.Parse(result.GetRequiredValue(shape)),
            withGguf: !result.GetValue(noGguf)));
        return command;
    }
}
