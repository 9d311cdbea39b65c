using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Launching;

/// <summary>
/// Launches in order, as one row of 64-bit words, so that two lists are compared as memory and an argument's cell is a
/// word in place. A launch: function, grid x and y, grid z and threads, shared bytes and number of arguments, arguments.
/// Setting memory to zero: no function, address, bytes, no arguments.
/// </summary>
internal sealed unsafe class LaunchList
{
    /// <summary>Arguments a kernel may have.</summary>
    public const int MaxArguments = 64;

    private const int HeaderWords = 4;

    // Pinned for good: the driver gets addresses of its elements.
    private ulong[] _words = GC.AllocateUninitializedArray<ulong>(1 << 12, pinned: true);
    private CudaKernel?[] _kernels = new CudaKernel?[1 << 8];
    private int _length;

    /// <summary>Launches in the list.</summary>
    public int Count { get; private set; }

    /// <summary>A hash of the words: different for different lists, almost surely.</summary>
    public ulong Hash { get; private set; }

    /// <summary>The list itself.</summary>
    public ReadOnlySpan<ulong> Words => _words.AsSpan(0, _length);

    /// <summary>Adds the launch of a kernel.</summary>
    public void Add(
        CudaKernel kernel, (int X, int Y, int Z) grid, int threads, int sharedBytes, ReadOnlySpan<ulong> arguments)
    {
        Span<ulong> item = Append(kernel, arguments.Length);
        item[0] = (ulong)kernel.Function;
        item[1] = Pair(grid.X, grid.Y);
        item[2] = Pair(grid.Z, threads);
        item[3] = Pair(sharedBytes, arguments.Length);
        arguments.CopyTo(item[HeaderWords..]);
        Mix(item);
    }

    /// <summary>Adds setting memory to zero.</summary>
    public void AddClear(ulong address, long bytes)
    {
        Span<ulong> item = Append(kernel: null, argumentCount: 0);
        item[0] = 0;
        item[1] = address;
        item[2] = (ulong)bytes;
        item[3] = 0;
        Mix(item);
    }

    /// <summary>Empties the list.</summary>
    public void Clear()
    {
        Count = 0;
        Hash = 0;
        _length = 0;
    }

    /// <summary>Puts the launches on a stream, one by one.</summary>
    /// <exception cref="CudaException">The driver refuses one; those ahead of it are on the stream.</exception>
    public void Run(CudaStream stream)
    {
        void** cells = stackalloc void*[MaxArguments];
        ulong* item = (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_words));
        for (int i = 0; i < Count; i++)
        {
            int argumentCount = High(item[3]);
            for (int a = 0; a < argumentCount; a++)
            {
                cells[a] = item + HeaderWords + a;
            }

            CuResult result = _kernels[i] is null
                ? Driver.cuMemsetD8Async(item[1], 0, (nuint)item[2], stream.Handle)
                : Driver.cuLaunchKernel(
                    new CuFunction((nint)item[0]), (uint)item[1], (uint)High(item[1]), (uint)item[2],
                    (uint)High(item[2]), 1, 1, (uint)item[3], stream.Handle, cells, null);
            if (result != CuResult.Success)
            {
                throw CudaStatus.Error(result, $"Launching {_kernels[i]?.Name ?? "a clearing of memory"}");
            }

            item += HeaderWords + argumentCount;
        }
    }

    /// <summary>The hash with one more word in it.</summary>
    // A multiplication carries upwards only; the rotation brings high bits down again.
    internal static ulong Mixed(ulong hash, ulong word) => ulong.RotateLeft((hash ^ word) * 0x9E37_79B9_7F4A_7C15, 29);

    private Span<ulong> Append(CudaKernel? kernel, int argumentCount)
    {
        int words = HeaderWords + argumentCount;
        if (_length + words > _words.Length)
        {
            ulong[] larger = GC.AllocateUninitializedArray<ulong>(2 * _words.Length, pinned: true);
            Words.CopyTo(larger);
            _words = larger;
        }

        if (Count == _kernels.Length)
        {
            Array.Resize(ref _kernels, 2 * Count);
        }

        _kernels[Count++] = kernel;
        _length += words;
        return _words.AsSpan(_length - words, words);
    }

    private void Mix(ReadOnlySpan<ulong> words)
    {
        ulong hash = Hash;
        foreach (ulong word in words)
        {
            hash = Mixed(hash, word);
        }

        Hash = hash;
    }

    private static ulong Pair(int low, int high) => (uint)low | ((ulong)(uint)high << 32);

    private static int High(ulong pair) => (int)(pair >> 32);
}
