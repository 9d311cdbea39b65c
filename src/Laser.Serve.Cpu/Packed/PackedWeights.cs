using Laser.Serve.Cpu.Linear;

namespace Laser.Serve.Cpu.Packed;

/// <summary>
/// Packed weights kept in a file: mapped if it is there, else written while the model loads. A mapped file takes no time
/// to load and is shared by all processes that map it. Whether it gets large pages, on which the speed of steps depends,
/// is up to the file system and the kernel.
/// </summary>
internal sealed class PackedWeights : IDisposable
{
    private readonly PackedReader? _reader;
    private PackedWriter? _writer;
    private string? _problem;

    /// <summary>Opens the file, or begins it.</summary>
    /// <exception cref="InvalidDataException">It is broken; the message names it.</exception>
    public PackedWeights(PackedWeightsOptions options, bool int8)
    {
        string name = $"{options.Checkpoint}{(int8 ? "-int8" : "")}.packed";
        string path = Path.Combine(Path.GetFullPath(options.Folder), name);
        _reader = PackedReader.Open(options, path);
        if (_reader is null)
        {
            _writer = new PackedWriter(options, path);
        }
        else if (options.Verify)
        {
            Verify(_reader);
        }
    }

    /// <summary>What became of the file, in words.</summary>
    public string State => _reader is not null ? "mapped"
        : _problem is not null ? $"not written ({_problem})"
        : _writer is not null ? "not yet written"
        : "written";

    /// <summary>The next matrix of the file; null where there is none yet.</summary>
    /// <exception cref="InvalidDataException">The file has another one there.</exception>
    public PackedMatrix? Find(string name, WeightFormat format, int outputFeatures, int inputFeatures) =>
        _reader?.Take(name, format, outputFeatures, inputFeatures);

    /// <summary>A matrix is there.</summary>
    public void Loaded(string name, PackedMatrix matrix) => _writer?.Add(name, matrix);

    /// <summary>All are there. May be said again.</summary>
    public void AllLoaded()
    {
        if (_writer is not null)
        {
            _writer.Complete();
            _problem = _writer.Problem;
            _writer = null;
        }
    }

    /// <summary>Unmaps the file, or leaves nothing of one that is not complete.</summary>
    public void Dispose()
    {
        _writer?.Dispose();
        _reader?.Dispose();
    }

    private static void Verify(PackedReader reader)
    {
        try
        {
            reader.Verify();
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }
}
