namespace Laser.Serve.Cpu.Attention;

/// <summary>Room to append a block's worth of rows.</summary>
internal readonly unsafe struct SplitScratch(int* exponents, float* significands, int* oldShifts)
{
    /// <summary>n of each new value, <c>[B][d]</c>.</summary>
    public int* Exponents { get; } = exponents;

    /// <summary>r of each new value, <c>[B][d]</c>.</summary>
    public float* Significands { get; } = significands;

    /// <summary>k before the new rows, <c>[d]</c>.</summary>
    public int* OldShifts { get; } = oldShifts;
}
