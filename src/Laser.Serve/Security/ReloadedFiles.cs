using System.Security.Cryptography;

namespace Laser.Serve.Security;

/// <summary>
/// Something made from files, all of them together: what is in use always comes from one look at all of them.
/// </summary>
/// <remarks>
/// Contents are compared, not times and not file system events: a Kubernetes secret changes by a symbolic link two
/// folders up, which neither tells reliably.
/// </remarks>
/// <typeparam name="T">The thing; its <c>ToString</c> describes it to people.</typeparam>
internal sealed class ReloadedFiles<T> : IReloadedFiles
    where T : class
{
    private readonly IReadOnlyList<SecretFile> _files;
    private readonly Func<IReadOnlyList<byte[]>, T> _make;
    private T _current;
    private string _lastLook;

    /// <param name="files">The files; there may be none, then it never changes.</param>
    /// <param name="make">Makes the thing from the contents; throws <see cref="ArgumentException"/> if it cannot.</param>
    /// <exception cref="ArgumentException">The files cannot be read or are of no use.</exception>
    public ReloadedFiles(IReadOnlyList<SecretFile> files, Func<IReadOnlyList<byte[]>, T> make)
    {
        _files = files;
        _make = make;
        byte[][] contents = ReadAll();
        _current = make(contents);
        _lastLook = Fingerprint(contents);
    }

    /// <summary>What is in use.</summary>
    public T Current => Volatile.Read(ref _current);

    public string Description => Current.ToString() ?? "";

    public bool Refresh()
    {
        byte[][] contents;
        try
        {
            contents = ReadAll();
        }
        catch (ArgumentException e) when (e.Message == _lastLook)
        {
            return false;
        }
        catch (ArgumentException e)
        {
            _lastLook = e.Message;
            throw;
        }

        string look = Fingerprint(contents);
        if (look == _lastLook)
        {
            return false;
        }

        _lastLook = look;
        Volatile.Write(ref _current, _make(contents));
        return true;
    }

    private byte[][] ReadAll() => [.. _files.Select(file => file.Read())];

    private static string Fingerprint(byte[][] contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] content in contents)
        {
            // Each by itself: bytes that move from one file to the next are a change.
            hash.AppendData(SHA256.HashData(content));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
