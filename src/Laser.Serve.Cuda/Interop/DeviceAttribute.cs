namespace Laser.Serve.Cuda.Interop;

/// <summary>What a device can be asked for, by the driver's numbers.</summary>
internal enum DeviceAttribute
{
    /// <summary>Multiprocessors on the device.</summary>
    MultiprocessorCount = 16,

    /// <summary>First part of the compute capability: 9 of 9.0.</summary>
    ComputeCapabilityMajor = 75,

    /// <summary>Second part of the compute capability: 0 of 9.0.</summary>
    ComputeCapabilityMinor = 76,

    /// <summary>Bytes of shared memory that a block can have if its kernel asks for them.</summary>
    MaxSharedBytesOptIn = 97,
}
