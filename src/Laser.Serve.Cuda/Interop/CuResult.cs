namespace Laser.Serve.Cuda.Interop;

/// <summary>
/// Status of a driver call. Only what this project tells apart has a name here; the driver itself names the others.
/// </summary>
internal enum CuResult
{
    /// <summary>It worked, or was put on a stream.</summary>
    Success = 0,

    /// <summary>No memory left, on the device or page-locked on the host.</summary>
    OutOfMemory = 2,

    /// <summary>An uncorrectable error of device memory.</summary>
    EccUncorrectable = 214,

    /// <summary>An uncorrectable error of a link between devices.</summary>
    NvlinkUncorrectable = 220,

    /// <summary>A kernel left its memory.</summary>
    IllegalAddress = 700,

    /// <summary>A kernel ran longer than the system allows.</summary>
    LaunchTimeout = 702,

    /// <summary>The context is gone.</summary>
    ContextIsDestroyed = 709,

    /// <summary>An assertion failed in a kernel.</summary>
    Assert = 710,

    /// <summary>First of the kernel faults that come one after the other: a broken stack.</summary>
    HardwareStackError = 714,

    /// <summary>Last of them: a kernel failed in a way that has no name.</summary>
    LaunchFailed = 719,

    /// <summary>The driver does not know what happened.</summary>
    Unknown = 999,
}
