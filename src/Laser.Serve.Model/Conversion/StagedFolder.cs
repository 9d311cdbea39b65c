using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// A folder that is filled beside its destination, under a name of its own, and renamed when it is complete: at the
/// destination there is nothing, what was there before, or all of it. Disposed without <see cref="Commit"/>, it is
/// removed.
/// </summary>
internal sealed class StagedFolder : IDisposable
{
    // What a folder must hold to be taken for a checkpoint, and so to be replaced: no other is ever deleted.
    private const string Landmark = "config.json";

    private readonly string _target;
    private readonly bool _overwrite;

    /// <summary>Makes the folder.</summary>
    /// <param name="target">Destination.</param>
    /// <param name="overwrite">Whether a checkpoint there is replaced.</param>
    /// <exception cref="CheckpointException">The destination cannot be written to.</exception>
    public StagedFolder(string target, bool overwrite)
    {
        _target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        _overwrite = overwrite;
        string? parent = System.IO.Path.GetDirectoryName(_target);
        if (!Directory.Exists(parent))
        {
            throw new CheckpointException(_target, "the folder it is to lie in does not exist.");
        }

        RequireFree();
        Path = Beside("partial");
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>Moves the folder to its destination.</summary>
    /// <exception cref="CheckpointException">Something has come to lie there meanwhile.</exception>
    public void Commit()
    {
        RequireFree();
        if (!Directory.Exists(_target))
        {
            Directory.Move(Path, _target);
            return;
        }

        string old = Beside("old");
        Directory.Move(_target, old);
        try
        {
            Directory.Move(Path, _target);
        }
        catch
        {
            Directory.Move(old, _target);
            throw;
        }

        Directory.Delete(old, recursive: true);
    }

    /// <summary>Removes what was not committed.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private void RequireFree()
    {
        if (!Directory.Exists(_target) && !File.Exists(_target))
        {
            return;
        }

        if (!_overwrite)
        {
            throw new CheckpointException(_target, "exists already; a checkpoint is replaced only where that is asked for (--force).");
        }

        if (!File.Exists(System.IO.Path.Combine(_target, Landmark)))
        {
            throw new CheckpointException(
                _target, $"exists and holds no {Landmark}; what is not a checkpoint is not replaced.");
        }
    }

    // Beside the destination, because a rename does not cross file systems.
    private string Beside(string purpose) => System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(_target)!,
        $".{System.IO.Path.GetFileName(_target)}.{Guid.NewGuid():N}.{purpose}");
}
