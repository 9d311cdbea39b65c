namespace Laser.Serve.Cuda.Interop;

/// <summary>A call of a CUDA library failed.</summary>
public sealed class CudaException : Exception
{
    /// <summary>Says what failed and how.</summary>
    /// <param name="operation">What was being done.</param>
    /// <param name="code">Status code.</param>
    /// <param name="name">The library's name of it, such as CUDA_ERROR_OUT_OF_MEMORY.</param>
    /// <param name="log">What a compiler said.</param>
    internal CudaException(string operation, int code, string name, string log = "")
        : base($"{operation} failed: {name} ({code}){(log.Length == 0 ? "" : "\n")}{log}")
    {
        Operation = operation;
        Code = code;
        Name = name;
        Log = log;
    }

    /// <summary>What was being done; a fault of a kernel shows at a later one.</summary>
    public string Operation { get; }

    /// <summary>Status code of the library.</summary>
    public int Code { get; }

    /// <summary>The library's name of the code.</summary>
    public string Name { get; }

    /// <summary>The compiler's log; empty where nothing was compiled.</summary>
    public string Log { get; }

    /// <summary>
    /// The context is unusable from now on: every further call fails the same way, until it is given back and made anew.
    /// </summary>
    public bool IsDeviceLost => (CuResult)Code is CuResult.EccUncorrectable or CuResult.NvlinkUncorrectable
        or CuResult.IllegalAddress or CuResult.LaunchTimeout or CuResult.ContextIsDestroyed or CuResult.Assert
        or (>= CuResult.HardwareStackError and <= CuResult.LaunchFailed) or CuResult.Unknown;
}
