using System.Security.Cryptography;
using Laser.Serve.Cpu.Linear;

namespace Laser.Serve.Cpu.Packed;

/// <summary>
/// Writes packed weights while a model loads. What goes wrong with the file goes wrong with nothing else: the model is
/// in memory, and the next start packs again.
/// </summary>
internal sealed unsafe class PackedWriter : IDisposable
{
    private const int Piece = 1 << 24;

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly PackedWeightsOptions _options;
    private readonly List<PackedEntry> _entries = [];
    private FileStream? _file;

    /// <summary>Begins the file.</summary>
    public PackedWriter(PackedWeightsOptions options, string path)
    {
        _options = options;
        _path = path;
        _temporaryPath = $"{path}.{Guid.NewGuid():N}.tmp";
        Try(() =>
        {
            Directory.CreateDirectory(options.Folder);
            _file = new FileStream(_temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        });
    }

    /// <summary>Why there will be no file; null while there is no reason.</summary>
    public string? Problem { get; private set; }

    /// <summary>Adds a matrix.</summary>
    public void Add(string name, PackedMatrix matrix) => Try(() =>
    {
        long offset = (_file!.Length + PackedFile.Alignment - 1) / PackedFile.Alignment * PackedFile.Alignment;
        _file.Position = offset;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte* start = matrix.Panel(0);
        for (long done = 0; done < matrix.ByteSize; done += Piece)
        {
            var piece = new ReadOnlySpan<byte>(start + done, (int)Math.Min(Piece, matrix.ByteSize - done));
            hash.AppendData(piece);
            _file.Write(piece);
        }

        _entries.Add(new PackedEntry(
            name,
            matrix.Format,
            matrix.OutputFeatures,
            matrix.InputFeatures,
            offset,
            Convert.ToHexStringLower(hash.GetHashAndReset())));
    });

    /// <summary>All matrices are there: the file gets its name.</summary>
    public void Complete()
    {
        Try(() =>
        {
            PackedFile.WriteEnd(_file!, new PackedContents(PackedFile.Layout, _options.Checkpoint, _entries));
            _file!.Flush(flushToDisk: true);
            _file.Dispose();
            File.Move(_temporaryPath, _path, overwrite: true);
            _file = null;
        });
        Dispose();
    }

    /// <summary>Leaves nothing of a file that is not complete.</summary>
    public void Dispose()
    {
        if (_file is not null)
        {
            _file.Dispose();
            _file = null;
            File.Delete(_temporaryPath);
        }
    }

    private void Try(Action action)
    {
        if (Problem is not null)
        {
            return;
        }

        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Problem = exception.Message;
        }
    }
}
