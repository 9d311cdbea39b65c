namespace Laser.Serve.Security;

/// <summary>Who sent the request that is being answered: set by <see cref="ApiKeyGate"/>, and by nobody else.</summary>
internal sealed class CurrentCaller
{
    private readonly AsyncLocal<string?> _name = new();

    /// <summary><see cref="ApiKey.Caller"/> of its key; null if no keys are configured.</summary>
    public string? Name
    {
        get => _name.Value;
        set => _name.Value = value;
    }
}
