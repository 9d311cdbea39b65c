namespace Laser.Serve.Cuda.Emulation;

/// <summary>What watches the accesses of kernels.</summary>
public enum Sanitizer
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Accesses outside of memory, to the byte.</summary>
    Address,

    /// <summary>Accesses of two threads, of one block or of two, that nothing orders.</summary>
    Thread,
}
