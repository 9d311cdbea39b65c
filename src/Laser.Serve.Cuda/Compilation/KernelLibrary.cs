using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Compilation;

/// <summary>
/// The kernels of a device: device code is compiled for it when first asked for, and stays loaded. Kernels are valid
/// until the library is disposed.
/// </summary>
internal sealed class KernelLibrary : IDisposable
{
    private readonly CudaDevice _device;
    private readonly KernelSources _sources;
    private readonly ImageCache? _cache;
    private readonly string _compiler = KernelCompiler.Version();
    private readonly Dictionary<string, KernelModule> _modules = [];

    /// <summary>Compiles the sources of this project.</summary>
    /// <param name="device">What for.</param>
    /// <param name="cacheFolder">Where machine code is kept from one start to the next; null for nowhere.</param>
    public KernelLibrary(CudaDevice device, string? cacheFolder = null)
        : this(device, cacheFolder, KernelSources.Embedded)
    {
    }

    /// <summary>The same with other sources.</summary>
    internal KernelLibrary(CudaDevice device, string? cacheFolder, KernelSources sources)
    {
        _device = device;
        _sources = sources;
        _cache = cacheFolder is null ? null : new ImageCache(cacheFolder);
    }

    /// <summary>Programs compiled, as against those found in the cache.</summary>
    public int CompiledCount { get; private set; }

    /// <summary>Why machine code could not be kept, null where it could.</summary>
    public string? CacheProblem => _cache?.Problem;

    /// <summary>A kernel. Ask once and keep it: the first time takes a second of compiling.</summary>
    /// <param name="source">File name of the device code, such as "RmsNorm.cu".</param>
    /// <param name="entry">Name of the kernel in it.</param>
    /// <param name="defines">Preprocessor definitions, such as "D=128".</param>
    /// <exception cref="ArgumentException">There is no such source.</exception>
    /// <exception cref="CudaException">It has errors, or no such kernel.</exception>
    public CudaKernel Get(string source, string entry, params ReadOnlySpan<string> defines)
    {
        string name = $"{source} {string.Join(' ', defines)}";
        if (!_modules.TryGetValue(name, out KernelModule? module))
        {
            module = Load(_sources.Program(source, _device.Architecture, defines));
            _modules.Add(name, module);
        }

        return module.Get(entry);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (KernelModule module in _modules.Values)
        {
            module.Dispose();
        }

        _modules.Clear();
    }

    private KernelModule Load(KernelProgram program)
    {
        string key = program.Key(_compiler);
        if (_cache?.Read(key) is { } kept)
        {
            try
            {
                return Load(program, kept);
            }
            catch (CudaException)
            {
                // What this driver cannot take is compiled once more. If that does not help, the error is the compiler's.
            }
        }

        byte[] image = KernelCompiler.Compile(program);
        CompiledCount++;
        KernelModule module = Load(program, image);
        _cache?.Write(key, image);
        return module;
    }

    private KernelModule Load(KernelProgram program, byte[] image) =>
        new(_device, $"{program.Name}, compiled by {_compiler},", image);
}
