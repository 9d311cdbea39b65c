using System.CommandLine;
using Laser.Serve.Hosting;
using Microsoft.Extensions.Configuration;

namespace Laser.Serve.Benchmarks.Speed;

/// <summary><c>--set Model:Threads=1</c>: settings of the server, for an engine without one.</summary>
internal static class SettingOption
{
    // Room for 16 sequences of a few hundred tokens, or one of thousands; steps as large as those of llama.cpp.
    private static readonly KeyValuePair<string, string?>[] Defaults =
        [new("Engine:KvCacheMebibytes", "1024"), new("Engine:MaxTokensPerStep", "512")];

    public static Option<string[]> Create() => new("--set")
    {
        Description = "A setting of the server, as Model:Threads=1; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The same settings for a server in a process of its own.</summary>
    public static IEnumerable<string> Arguments(IEnumerable<string> settings) =>
        Defaults.Select(one => $"{one.Key}={one.Value}").Concat(settings)
            .Select(one => $"--{ServerOptions.Section}:{one}");

    /// <summary>The server's options with these settings.</summary>
    /// <exception cref="ArgumentException">A setting is wrong, or this build does not know it.</exception>
    public static ServerOptions Bind(string? model, IEnumerable<string> settings)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(Defaults)
            .AddInMemoryCollection([new("Model:Path", model)])
            .AddInMemoryCollection(settings.Select(Parse))
            .Build();
        var options = new ServerOptions();
        try
        {
            configuration.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            throw new ArgumentException($"This build does not take {string.Join(' ', settings)}: {e.Message}", e);
        }

        options.ThrowIfWrong();
        return options;
    }

    private static KeyValuePair<string, string?> Parse(string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? new(setting[..equals], setting[(equals + 1)..])
            : throw new ArgumentException($"'{setting}' is not KEY=VALUE.");
    }
}
