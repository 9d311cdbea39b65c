namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// A block of values that rows are being appended to: the memory it lives in and what is known of it so far.
/// </summary>
internal unsafe struct RunningBlock
{
    /// <summary>u, in the storage type.</summary>
    public byte* Values;

    /// <summary>k as the page keeps it; valid while not raw.</summary>
    public short* PageShifts;

    /// <summary>Running k.</summary>
    public int* Shifts;

    /// <summary>Running nMin.</summary>
    public int* Lowest;

    /// <summary>
    /// A channel spread over more than LIMIT bits or needed a shift beyond int16. Stays set; u is void then.
    /// </summary>
    public bool Raw;

    /// <summary>Largest spread of a channel in bits.</summary>
    public int Spread;
}
