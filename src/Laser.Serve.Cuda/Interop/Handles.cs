namespace Laser.Serve.Cuda.Interop;

/// <summary>A device of the driver, by its number.</summary>
internal readonly record struct CuDevice(int Value);

/// <summary>A context: a device's address space, current on a thread.</summary>
internal readonly record struct CuContext(nint Value);

/// <summary>A stream: what is put on it runs in order.</summary>
internal readonly record struct CuStream(nint Value);

/// <summary>A mark on a stream that can be waited for.</summary>
internal readonly record struct CuEvent(nint Value);

/// <summary>Loaded machine code.</summary>
internal readonly record struct CuModule(nint Value);

/// <summary>An entry point of a module.</summary>
internal readonly record struct CuFunction(nint Value);

/// <summary>Captured work, as a description.</summary>
internal readonly record struct CuGraph(nint Value);

/// <summary>A graph made ready to be launched.</summary>
internal readonly record struct CuGraphExec(nint Value);

/// <summary>A program of the run-time compiler.</summary>
internal readonly record struct NvrtcProgram(nint Value);
