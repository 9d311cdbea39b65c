using System.Security.Cryptography;

namespace Laser.Serve.Security;

/// <summary>The keys in use.</summary>
internal sealed class ApiKeyRing(IReadOnlyList<ApiKey> keys)
{
    /// <param name="options">The keys of the configuration.</param>
    /// <param name="contents">What is in <see cref="ApiKeyOptions.Files"/>.</param>
    /// <exception cref="ArgumentException">Names the entry that is no key; never tells it.</exception>
    public static ApiKeyRing Read(ApiKeyOptions options, IReadOnlyList<byte[]> contents)
    {
        List<ApiKey> keys = [.. options.Keys.Select(Configured)];
        foreach ((SecretFile file, byte[] content) in options.Files.Zip(contents))
        {
            keys.AddRange(ApiKeyFile.Parse(file, content));
        }

        return new ApiKeyRing(keys);
    }

    /// <summary>The one that was shown, or null; takes the same time whichever it is, or none.</summary>
    public ApiKey? Find(string presented)
    {
        byte[] hash = ApiKeyHash.Compute(presented);
        ApiKey? found = null;
        foreach (ApiKey key in keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, key.Hash) ? key : found;
        }

        return found;
    }

    public override string ToString() =>
        $"{keys.Count} API keys ({string.Join(", ", keys.Select(key => key.Name ?? "unnamed"))})";

    private static ApiKey Configured(string entry, int index)
    {
        byte[]? hash = ApiKeyHash.Parse(entry ?? "", out string? problem);
        return hash is null
            ? throw new ArgumentException($"{ApiKeyOptions.Setting($"{nameof(ApiKeyOptions.Keys)}:{index}")} {problem}.")
            : new ApiKey(hash, Name: null);
    }
}
