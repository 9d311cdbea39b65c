using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Working memory of one thread: a tile of <see cref="Queries"/> query vectors and what is summed for them.
/// </summary>
internal sealed unsafe class AttentionScratch : IDisposable
{
    /// <summary>Query vectors of a tile: as many as a vector of doubles has lanes.</summary>
    public const int Queries = 8;

    private const long Alignment = 64;

    private readonly AlignedBuffer? _memory;
    private readonly byte* _start;
    private long _used;

    /// <summary>Takes the memory for one layout.</summary>
    public AttentionScratch(MemoryBudget budget, PageLayout page)
        : this(page)
    {
        _memory = budget.Allocate(_used, "scratch of attention");
        _start = _memory.Pointer;
        _used = 0;
        Divide(page);
    }

    // Without memory: counts the bytes.
    private AttentionScratch(PageLayout page)
    {
        Divide(page);
    }

    /// <summary>Query vectors <c>[8][d]</c>.</summary>
    public float* Query { get; private set; }

    /// <summary>Scores <c>[8][B]</c>.</summary>
    public float* Scores { get; private set; }

    /// <summary>Weights <c>[8][B]</c>.</summary>
    public float* Weights { get; private set; }

    /// <summary>Sums of weights of a block <c>[8]</c>.</summary>
    public float* WeightSums { get; private set; }

    /// <summary>Sums of weighted values of a block <c>[8][d]</c>.</summary>
    public float* Parts { get; private set; }

    /// <summary>Largest score of a block <c>[8]</c>.</summary>
    public double* LargestScore { get; private set; }

    /// <summary>J of each query <c>[8]</c>.</summary>
    public double* ScoreExponent { get; private set; }

    /// <summary>F of each query <c>[8]</c>.</summary>
    public double* ScoreFraction { get; private set; }

    /// <summary>Mantissas of the sums over blocks <c>[8][d]</c>.</summary>
    public double* Mantissas { get; private set; }

    /// <summary>Exponents of the sums over blocks <c>[8][d]</c>.</summary>
    public double* Exponents { get; private set; }

    /// <summary>Mantissas of the row sums <c>[8]</c>.</summary>
    public double* WeightMantissas { get; private set; }

    /// <summary>Exponents of the row sums <c>[8]</c>.</summary>
    public double* WeightExponents { get; private set; }

    /// <summary>e of each channel of a block <c>[d]</c>.</summary>
    public double* BlockExponents { get; private set; }

    /// <summary>Sums of a wide or raw block in fp64 <c>[d]</c>.</summary>
    public double* WideParts { get; private set; }

    /// <summary>Weights of a wide block, or largest joint exponents of a raw one <c>[max(B, d)]</c>.</summary>
    public double* WideWeights { get; private set; }

    /// <summary>fp32 rows of a block <c>[B][d]</c>.</summary>
    public float* Rows { get; private set; }

    /// <summary>Room of <see cref="ValueAppend{T}"/>.</summary>
    public SplitScratch Split { get; private set; }

    /// <summary>A block rebuilt row by row.</summary>
    public RunningBlock Rebuilt { get; private set; }

    /// <inheritdoc />
    public void Dispose() => _memory?.Dispose();

    private void Divide(PageLayout page)
    {
        int channels = page.PaddedDim;
        int tokens = page.BlockSize;
        Query = Floats(Queries * channels);
        Scores = Floats(Queries * tokens);
        Weights = Floats(Queries * tokens);
        WeightSums = Floats(Queries);
        Parts = Floats(Queries * channels);
        LargestScore = Doubles(Queries);
        ScoreExponent = Doubles(Queries);
        ScoreFraction = Doubles(Queries);
        Mantissas = Doubles(Queries * channels);
        Exponents = Doubles(Queries * channels);
        WeightMantissas = Doubles(Queries);
        WeightExponents = Doubles(Queries);
        BlockExponents = Doubles(channels);
        WideParts = Doubles(channels);
        WideWeights = Doubles(Math.Max(tokens, channels));
        Rows = Floats(tokens * channels);
        Split = new SplitScratch((int*)Floats(tokens * channels), Floats(tokens * channels), (int*)Floats(channels));
        Rebuilt = new RunningBlock
        {
            Values = Bytes(page.ValueBytes),
            PageShifts = (short*)Bytes(channels * sizeof(short)),
            Shifts = (int*)Floats(channels),
            Lowest = (int*)Floats(channels),
        };
    }

    private float* Floats(int count) => (float*)Bytes((long)count * sizeof(float));

    private double* Doubles(int count) => (double*)Bytes((long)count * sizeof(double));

    private byte* Bytes(long count)
    {
        byte* place = _start + _used;
        _used += (count + Alignment - 1) / Alignment * Alignment;
        return place;
    }
}
