using Laser.Serve.Hosting;
using Microsoft.Extensions.Logging.Console;

namespace Laser.Serve.Logging;

/// <summary>Puts the console's log into the server.</summary>
internal static class LoggingExtensions
{
    public static void AddConsoleLog(this WebApplicationBuilder builder, ServerOptions options)
    {
        if (IsJson(options.LogFormat, builder.Configuration["DOTNET_RUNNING_IN_CONTAINER"]))
        {
            builder.Logging.AddConsole(console => console.FormatterName = JsonLogFormatter.FormatterName)
                .AddConsoleFormatter<JsonLogFormatter, ConsoleFormatterOptions>();
        }
        else
        {
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        }
    }

    /// <param name="format">What is set.</param>
    /// <param name="inContainer">What .NET's images set to <c>true</c>.</param>
    internal static bool IsJson(LogFormat format, string? inContainer) => format switch
    {
        LogFormat.Json => true,
        LogFormat.Text => false,
        _ => inContainer is "true" or "True" or "1",
    };
}
