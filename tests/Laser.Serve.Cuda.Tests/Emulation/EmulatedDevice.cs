using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

/// <summary>
/// Device 0 of the emulation, current on the thread of the test. Frees what it gave out, and undoes what a test set and broke.
/// </summary>
internal sealed unsafe class EmulatedDevice : IDisposable
{
    private const int Number = 0;
    private const string SharedMemory = "#define SMEM(type, name) type* name = (type*)emu::emu_smem()\n";

    private readonly List<ulong> _buffers = [];
    private readonly List<nint> _modules = [];

    public EmulatedDevice()
    {
        nint context;
        Assert.Equal(0, NativeDriver.Init());
        Assert.Equal(0, NativeDriver.RetainContext(&context, Number));
        Assert.Equal(0, NativeDriver.SetContext(context));
        Context = context;
    }

    public nint Context { get; }

    /// <summary>The only kernel of a source, compiled and loaded. <c>smem</c> is its dynamic shared memory.</summary>
    public nint Kernel(string source, params string[] defines)
    {
        string name = source.Split("void ")[1].Split('(')[0];
        return Function(Load($"{SharedMemory}extern \"C\" {source}", defines), name);
    }

    public nint Load(string source, params string[] defines)
    {
        NativeCompiler compiled = NativeCompiler.Compile(source, ["--gpu-architecture=sm_90", .. defines.Select(d => $"-D{d}")]);
        Assert.True(compiled.Code == 0, compiled.Log);
        nint module;
        fixed (byte* image = compiled.Image)
        {
            Assert.Equal(0, NativeDriver.LoadModule(&module, image));
        }

        _modules.Add(module);
        return module;
    }

    public static nint Function(nint module, string name)
    {
        nint function;
        Assert.Equal(0, NativeDriver.GetFunction(&function, module, name));
        return function;
    }

    public ulong Allocate(long bytes)
    {
        ulong address;
        Assert.Equal(0, NativeDriver.Allocate(&address, bytes));
        _buffers.Add(address);
        return address;
    }

    public ulong Upload<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ulong address = Allocate((long)values.Length * sizeof(T));
        fixed (T* first = values)
        {
            Assert.Equal(0, NativeDriver.ToDevice(address, first, (long)values.Length * sizeof(T)));
        }

        return address;
    }

    public static T[] Download<T>(ulong address, int count)
        where T : unmanaged
    {
        var values = new T[count];
        fixed (T* first = values)
        {
            Assert.Equal(0, NativeDriver.ToHost(first, address, (long)count * sizeof(T)));
        }

        return values;
    }

    /// <summary>Launches on the default stream, which does it at once. Gives the driver's code.</summary>
    public static int Launch(nint kernel, int blocks, int threads, int sharedBytes, params ReadOnlySpan<ulong> arguments) =>
        LaunchOn(0, kernel, (blocks, 1, 1), (threads, 1, 1), sharedBytes, arguments);

    public static int LaunchOn(
        nint stream, nint kernel, (int X, int Y, int Z) grid, (int X, int Y, int Z) block, int sharedBytes,
        params ReadOnlySpan<ulong> arguments)
    {
        fixed (ulong* cells = arguments)
        {
            void** pointers = stackalloc void*[arguments.Length + 1];
            for (int i = 0; i < arguments.Length; i++)
            {
                pointers[i] = cells + i;
            }

            return NativeDriver.Launch(kernel, grid, block, sharedBytes, stream, pointers);
        }
    }

    public static ulong Cell(float value) => BitConverter.SingleToUInt32Bits(value);

    public void Dispose()
    {
        EmulatedCuda.Recover(Number);
        EmulatedCuda.SetSchedule(0);
        EmulatedCuda.SetDeferredStreams(true);
        foreach (ulong buffer in _buffers)
        {
            _ = NativeDriver.Free(buffer);
        }

        foreach (nint module in _modules)
        {
            _ = NativeDriver.UnloadModule(module);
        }

        _ = NativeDriver.SetContext(0);
        _ = NativeDriver.ReleaseContext(Number);
    }
}
