namespace Laser.Serve.Security;

/// <summary>A key that opens the server.</summary>
/// <param name="Hash">Its SHA-256.</param>
/// <param name="Name">Whose it is, for people; null if nobody said.</param>
internal sealed record ApiKey(byte[] Hash, string? Name)
{
    /// <summary>Who uses it, for the engine's fairness: keys with one name are one caller's.</summary>
    public string Caller => Name ?? $"unnamed {Convert.ToHexString(Hash)}";
}
