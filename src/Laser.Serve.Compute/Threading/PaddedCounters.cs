using System.Runtime.InteropServices;

namespace Laser.Serve.Compute.Threading;

/// <summary>
/// The two words all threads of a pool write, each on cache lines of its own (processors fetch lines in pairs).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal struct PaddedCounters
{
    /// <summary>Generation, open bit and number of workers inside the job.</summary>
    [FieldOffset(128)]
    public long State;

    /// <summary>The next item.</summary>
    [FieldOffset(256)]
    public int Ticket;
}
