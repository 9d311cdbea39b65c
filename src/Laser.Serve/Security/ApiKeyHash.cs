using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Laser.Serve.Security;

/// <summary>
/// How keys are stored: as their SHA-256. A slow hash protects passwords, which can be guessed; a random key of 128 bits
/// and more cannot, and a fast one costs a request nothing.
/// </summary>
public static class ApiKeyHash
{
    /// <summary>What a stored hash starts with.</summary>
    public const string Prefix = "sha256:";

    /// <summary>Fewest characters of a key.</summary>
    public const int MinKeyLength = 16;

    /// <summary>A key as it can be stored in the configuration or in a key file.</summary>
    /// <exception cref="ArgumentException">The key is too short, or no key at all.</exception>
    public static string Format(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return FindProblem(key) is { } problem
            ? throw new ArgumentException($"The key {problem}.", nameof(key))
            : Prefix + Convert.ToHexStringLower(Compute(key));
    }

    internal static byte[] Compute(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>The hash of an entry, which is a key or a stored hash.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="problem">
    /// What is wrong with it, if anything; reads on from its place, has no full stop and tells nothing of it.
    /// </param>
    internal static byte[]? Parse(string entry, out string? problem)
    {
        if (!entry.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            problem = FindProblem(entry);
            return problem is null ? Compute(entry) : null;
        }

        ReadOnlySpan<char> digits = entry.AsSpan(Prefix.Length);
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        if (digits.Length == 2 * hash.Length
            && Convert.FromHexString(digits, hash, out _, out _) == OperationStatus.Done)
        {
            problem = null;
            return hash;
        }

        problem = $"is no hash: '{Prefix}' must be followed by {2 * SHA256.HashSizeInBytes} hexadecimal digits";
        return null;
    }

    private static string? FindProblem(string key)
    {
        if (key.Length < MinKeyLength)
        {
            return $"has {key.Length} characters; it must have at least {MinKeyLength}";
        }

        return key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? "has a space or a character outside ASCII"
            : null;
    }
}
