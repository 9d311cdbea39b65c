using System.CommandLine;
using Laser.Client;
using Laser.Serve.Hosting;
using Microsoft.AspNetCore.Builder;

namespace Laser.Cli.Commands;

/// <summary>
/// <c>laser demo PROMPT</c>: starts a server in this process on a free loopback port, with the bundled model unless
/// told otherwise, and streams text from it through gRPC, as any client would.
/// </summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var prompt = new PromptOptions();
        var model = new Option<DirectoryInfo?>("--model", "-m")
        {
            Description = "Folder of a checkpoint (default: the bundled model).",
        };
        var command = new Command("demo", "Starts a server in this process and streams text from it through gRPC.");
        prompt.AddTo(command);
        command.Add(model);
        command.SetAction(async (result, cancellationToken) =>
        {
            await using WebApplication? server = await DemoServer.StartAsync(result.GetValue(model), cancellationToken);
            if (server is null)
            {
                return 1;
            }

            using var client = new LaserClient(LaserServer.GrpcAddress(server));
            int exitCode = await StreamedText.PrintAsync(client, prompt.Read(result), cancellationToken);
            await server.StopAsync(CancellationToken.None);
            return exitCode;
        });
        return command;
    }
}
