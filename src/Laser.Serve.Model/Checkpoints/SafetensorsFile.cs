using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// A safetensors file, mapped into memory and checked: <c>u64 header length | JSON header | data</c>, little-endian.
/// Its bytes are read in place; disposing it unmaps them. The file must not be cut short while it is mapped.
/// </summary>
internal sealed unsafe class SafetensorsFile : IDisposable
{
    private const int LengthSize = sizeof(ulong);

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _dataStart;
    private byte* _start;

    private SafetensorsFile(string path, MemoryMappedFile map, long fileLength)
    {
        Path = path;
        _map = map;
        _view = map.CreateViewAccessor(0, fileLength, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        try
        {
            int headerLength = ReadHeaderLength(fileLength);
            _dataStart = LengthSize + headerLength;
            var header = new ReadOnlySpan<byte>(_start + LengthSize, headerLength);
            Tensors = SafetensorsHeader.Parse(path, header, fileLength - _dataStart);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // What a repository holds in place of a large file that was not fetched.
    private static ReadOnlySpan<byte> GitLfsSignature => "version https://git-lfs"u8;

    /// <summary>The file, as it was opened.</summary>
    public string Path { get; }

    /// <summary>What it says of its tensors, in JSON.</summary>
    public ReadOnlySpan<byte> Header
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            return new ReadOnlySpan<byte>(_start + LengthSize, (int)_dataStart - LengthSize);
        }
    }

    /// <summary>Its tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable or not well-formed.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length < LengthSize)
            {
                throw new CheckpointException(path, $"{stream.Length} bytes are too few for a safetensors file.");
            }

            MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return OpenMap(path, map, stream.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A piece of a tensor.</summary>
    /// <param name="tensor">An entry of <see cref="Tensors"/>.</param>
    /// <param name="offset">Byte in the tensor.</param>
    /// <param name="length">Number of bytes, within the tensor.</param>
    public ReadOnlySpan<byte> Bytes(TensorEntry tensor, long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.ByteSize - length);
        return new ReadOnlySpan<byte>(_start + _dataStart + tensor.Begin + offset, length);
    }

    /// <summary>Lets the system take back the memory that a tensor's pages hold; they come again when they are read.</summary>
    public void Release(TensorEntry tensor)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        MappedPages.Release(_start + _dataStart + tensor.Begin, tensor.ByteSize);
    }

    /// <summary>Unmaps the file. Views of it must not be used any more.</summary>
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

    private static SafetensorsFile OpenMap(string path, MemoryMappedFile map, long fileLength)
    {
        try
        {
            return new SafetensorsFile(path, map, fileLength);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    private int ReadHeaderLength(long fileLength)
    {
        ReadOnlySpan<byte> start = new(_start, (int)Math.Min(fileLength, GitLfsSignature.Length));
        if (start.SequenceEqual(GitLfsSignature))
        {
            throw new CheckpointException(
                Path, "this is a Git LFS pointer, not the weights; fetch them with 'git lfs pull'.");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > SafetensorsHeader.LongestHeader)
        {
            throw new CheckpointException(
                Path,
                $"header length {length} exceeds {SafetensorsHeader.LongestHeader}; this is not a safetensors file.");
        }

        if (length > (ulong)(fileLength - LengthSize))
        {
            throw new CheckpointException(
                Path, $"header length {length} reaches beyond the file's {fileLength} bytes; is the file truncated?");
        }

        return (int)length;
    }
}
