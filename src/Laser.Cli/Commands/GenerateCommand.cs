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
        var connection = new ConnectionOptions();
        connection.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using LaserClient? client = await connection.ConnectAsync(result);
            return client is null ? 1 : await StreamedText.PrintAsync(client, prompt.Read(result), cancellationToken);
        });
        return command;
    }
}
