using Spectre.Console;

namespace Laser.Cli.Commands;

/// <summary>The terminal for everything that is not generated text; without colours where it is none.</summary>
internal static class StandardError
{
    public static IAnsiConsole Console { get; } = Create();

    private static IAnsiConsole Create()
    {
        bool redirected = System.Console.IsErrorRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(System.Console.Error),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
        {
            console.Profile.Width = int.MaxValue;
        }

        return console;
    }
}
