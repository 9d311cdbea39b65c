using System.CommandLine;
using Laser.Client;

namespace Laser.Cli.Commands;

/// <summary><c>laser generate PROMPT --address URL</c>: streams text from a running server.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var prompt = new PromptOptions();
        var command = new Command("generate", "Streams text from a running server.");
        prompt.AddTo(command);
        ServerAddress.Option address = new();
        command.Add(address);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var client = new LaserClient(result.GetRequiredValue(address));
            return await StreamedText.PrintAsync(client, prompt.Read(result), cancellationToken);
        });
        return command;
    }
}
