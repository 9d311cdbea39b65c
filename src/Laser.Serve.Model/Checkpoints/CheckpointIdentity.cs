using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// Tells a checkpoint from any other, without reading its weights: by name, size, time of change and header of each of
/// its files.
/// </summary>
public static class CheckpointIdentity
{
    /// <summary>32 hexadecimal digits.</summary>
    /// <exception cref="CheckpointException">A file is missing or broken.</exception>
    public static string Of(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal))
        {
            // The file that is meant, where this one only points to it.
            FileSystemInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
            using SafetensorsFile tensors = SafetensorsFile.Open(path);
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(path)} {((FileInfo)file).Length} {file.LastWriteTimeUtc.Ticks} ")));
            hash.AppendData(tensors.Header);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
