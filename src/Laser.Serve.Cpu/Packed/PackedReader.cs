using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Laser.Serve.Cpu.Linear;

namespace Laser.Serve.Cpu.Packed;

/// <summary>Maps a file of packed weights and gives its matrices, which lie in it, in the order of the file.</summary>
internal sealed unsafe class PackedReader : IDisposable
{
    private readonly string _path;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly IReadOnlyList<PackedEntry> _entries;
    private readonly long _byteSize;
    private byte* _start;
    private int _next;

    private PackedReader(string path, FileStream stream, IReadOnlyList<PackedEntry> entries)
    {
        _path = path;
        _entries = entries;
        _byteSize = stream.Length;
        _map = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Opens a file; null if there is none, or it is of another layout or checkpoint.</summary>
    /// <exception cref="InvalidDataException">It is broken, or cannot be read; the message names it.</exception>
    public static PackedReader? Open(PackedWeightsOptions options, string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            PackedContents contents = PackedFile.ReadContents(stream);
            return contents.Layout == PackedFile.Layout && contents.Checkpoint == options.Checkpoint
                ? new PackedReader(path, stream, contents.Entries)
                : null;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: {exception.Message} Remove it, and it is made again.", exception);
        }
    }

    /// <summary>The next matrix.</summary>
    /// <exception cref="InvalidDataException">It is not the one that is asked for.</exception>
    public PackedMatrix Take(string name, WeightFormat format, int outputFeatures, int inputFeatures)
    {
        PackedEntry? entry = _next < _entries.Count ? _entries[_next++] : null;
        if (entry is null || !entry.Is(name, format, outputFeatures, inputFeatures))
        {
            throw new InvalidDataException(
                $"{_path} has {entry?.Name ?? "no more matrices"} in the place of {name}. Remove it, and it is made again.");
        }

        var matrix = new PackedMatrix(format, outputFeatures, inputFeatures, _start + entry.Offset);
        return entry.Offset >= 0 && entry.Offset <= _byteSize - matrix.ByteSize
            ? matrix
            : throw new InvalidDataException($"{_path} is cut short within {name}. Remove it, and it is made again.");
    }

    /// <summary>Reads all matrices, and compares them to the hashes that were taken of them.</summary>
    /// <exception cref="InvalidDataException">One is not what was written.</exception>
    public void Verify()
    {
        foreach (PackedEntry entry in _entries)
        {
            long end = _entries.Select(other => other.Offset).Where(offset => offset > entry.Offset)
                .DefaultIfEmpty(_byteSize).Min();
            var matrix = new PackedMatrix(entry.Format, entry.OutputFeatures, entry.InputFeatures, _start + entry.Offset);
            if (entry.Offset < 0 || matrix.ByteSize > end - entry.Offset || HashOf(matrix) != entry.Sha256)
            {
                throw new InvalidDataException(
                    $"{_path}: {entry.Name} is not what was written. Remove the file, and it is made again.");
            }
        }
    }

    /// <summary>Unmaps the file. Its matrices must not be used any more.</summary>
    public void Dispose()
    {
        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }

    private static string HashOf(PackedMatrix matrix)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int panel = 0; panel < matrix.PanelCount; panel++)
        {
            hash.AppendData(new ReadOnlySpan<byte>(matrix.Panel(panel), checked((int)matrix.PanelBytes)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
