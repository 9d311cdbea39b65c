namespace Laser.Serve.Cuda.Interop;

/// <summary>Status of a call of the run-time compiler.</summary>
internal enum NvrtcResult
{
    /// <summary>It worked.</summary>
    Success = 0,

    /// <summary>The program has errors; its log tells them.</summary>
    Compilation = 6,
}
