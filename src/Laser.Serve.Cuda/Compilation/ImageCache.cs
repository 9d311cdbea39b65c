using System.Security.Cryptography;

namespace Laser.Serve.Cuda.Compilation;

/// <summary>
/// Machine code in a folder, one file a program. A file is the code and a SHA-256 of it. The cache only saves time: where
/// it cannot be read or written, programs are compiled.
/// </summary>
/// <param name="folder">Made when first written to.</param>
internal sealed class ImageCache(string folder)
{
    /// <summary>The last reason why code could not be kept, null where there was none.</summary>
    public string? Problem { get; private set; }

    /// <summary>The code kept under a key; null where there is none, or the file is broken.</summary>
    public byte[]? Read(string key)
    {
        try
        {
            byte[] file = File.ReadAllBytes(PathOf(key));
            int length = file.Length - SHA256.HashSizeInBytes;
            return length > 0 && SHA256.HashData(file.AsSpan(0, length)).AsSpan().SequenceEqual(file.AsSpan(length))
                ? file[..length]
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps code. Readers see the whole file or none, also when several processes start at once.</summary>
    public void Write(string key, byte[] image)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string unfinished = Path.Combine(folder, $"{key}.{Guid.NewGuid():N}.tmp");
            try
            {
                File.WriteAllBytes(unfinished, [.. image, .. SHA256.HashData(image)]);
                File.Move(unfinished, PathOf(key), overwrite: true);
            }
            catch
            {
                File.Delete(unfinished);
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Problem = exception.Message;
        }
    }

    private string PathOf(string key) => Path.Combine(folder, $"{key}.cubin");
}
