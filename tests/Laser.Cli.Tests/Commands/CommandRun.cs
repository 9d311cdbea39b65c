using System.CommandLine;

namespace Laser.Cli.Tests.Commands;

/// <summary>A command as a shell runs it, with what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static async Task<CommandRun> OfAsync(Command command, params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int exitCode = await new RootCommand { command }.Parse([command.Name, .. args])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }
}
