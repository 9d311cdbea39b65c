using Laser.Serve.Hosting;

namespace Laser.Serve.Security;

/// <summary>Keys that clients must show; without any, none is asked for.</summary>
public sealed class ApiKeyOptions
{
    /// <summary>
    /// The keys, each at least 16 printable ASCII characters without a space, or <c>sha256:</c> and the hash of one in
    /// hexadecimal digits. They belong in the environment (<c>Laser__ApiKeys__Keys__0</c>), not on the command line,
    /// which other users of the machine can read.
    /// </summary>
    public IList<string> Keys { get; } = [];

    /// <summary>A file with further keys, one a line; read again when it changes. Null for none.</summary>
    public string? Path { get; set; }

    /// <summary>Whether <c>/metrics</c> needs a key, too.</summary>
    public bool ProtectMetrics { get; set; } = true;

    /// <summary>Whether a key is asked for.</summary>
    internal bool IsOn => Keys.Count > 0 || Path is not null;

    /// <summary>The key file, if there is one.</summary>
    internal SecretFile[] Files => SecretFile.Of(Setting(nameof(Path)), Path) is { } file ? [file] : [];

    internal static string Setting(string key) => $"{ServerOptions.Section}:ApiKeys:{key}";
}
