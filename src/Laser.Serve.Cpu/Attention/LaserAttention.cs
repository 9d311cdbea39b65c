using System.Runtime.Intrinsics.X86;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Compute.Threading;
using Laser.Serve.Cpu.Memory;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// LASER attention over the max-shifted value cache, <c>o_j = log(sum_n a_n exp(v_nj))</c>, and ordinary attention by
/// the same way. For each query the blocks it sees in ascending order:
/// <code>
///   s_t = scale q.k_t, S = max s_t, w_t = exp(s_t - S), l = sum w_t              (ScoreKernel, BlockWeights)
///   part_j = sum w_t u_tj in fp32, e_j = k_j - H                                 (WeightedSum; WideBlock, RawBlock)
///   acc_j += part_j exp(S) 2^e_j,  L += l exp(S)  with integer exponents         (BlockMerge)
///   o_j = log(acc_j / L)                                                         (AttentionFinish)
/// </code>
/// An item is a tile of up to 8 query vectors that read the same pages. Every query is summed in one fixed order,
/// whatever its tile, chunk or batch.
/// <para>
/// The block that holds a query's own position is seen in the state right after that query's row was appended. Where
/// the block ended this step shifted and not wide, its final state gives the same bits, because powers of two are
/// exact; otherwise <see cref="BlockRebuild{T}"/> makes the earlier state.
/// </para>
/// </summary>
internal sealed unsafe partial class LaserAttention<TKey, TValue> : ParallelJob, IAttention
    where TKey : struct, IPairFormat
    where TValue : struct, IPairFormat
{
    // Values written, and multiply-adds, below which one thread is done sooner alone.
    private const long LeastParallelAppend = 4096;
    private const long LeastParallelWork = 32 * 1024;

    private const int CacheLine = 64;

    private readonly AttentionStep _step;
    private readonly AppendJob<TKey, TValue> _append;
    private readonly AttentionScratch[] _scratch;
    private readonly TilePlan _tiles;
    private readonly CpuKvCache _cache;
    private readonly PageLayout _page;
    private readonly LaserAttentionSpec _spec;
    private readonly ValueCacheFormat _format;
    private readonly int _headroom;
    private readonly float _floor;

    /// <summary>Takes scratch memory for each thread.</summary>
    public LaserAttention(CpuKvCache cache, MemoryBudget budget, int threadCount)
    {
        _cache = cache;
        _page = cache.Page;
        _spec = cache.Layout.Attention;
        _format = ValueCacheFormat.For(TValue.Type);
        _headroom = _spec.Variant == AttentionVariant.Laser ? _format.Headroom : 0;
        _floor = _spec.LogFloor is float floor ? (float)Math.Log(floor) : float.NegativeInfinity;
        _step = new AttentionStep(cache);
        _tiles = new TilePlan(_spec.KvHeads, _spec.GroupSize);
        _scratch = new AttentionScratch[threadCount];
        for (int i = 0; i < threadCount; i++)
        {
            _scratch[i] = new AttentionScratch(budget, _page);
        }

        _append = new AppendJob<TKey, TValue>(_step, _scratch);
    }

    /// <inheritdoc />
    public void Apply(
        WorkerPool pool, int layer, ForwardBatch batch, CpuTensor qkv, CpuTensor output, SequenceFault[] faults)
    {
        _step.Begin(layer, batch, qkv, output, faults);
        _append.Apply(pool, alone: (long)batch.TokenCount * _spec.KvColumns < LeastParallelAppend);
        _tiles.Make(_step);
        long work = 0;
        for (int i = 0; i < _step.SequenceCount; i++)
        {
            work += (long)_step.RowCount(i) * _step.ContextLength(i) * _spec.QueryColumns;
        }

        if (work < LeastParallelWork)
        {
            WorkerPool.RunAlone(this, _tiles.Count);
        }
        else
        {
            pool.Run(this, _tiles.Count);
        }

        _step.ClearFailed();
    }

    /// <inheritdoc />
    public override void Run(int item, int worker)
    {
        AttentionTile tile = _tiles[item];
        if (_step.HasFailed(tile.Sequence))
        {
            return;
        }

        AttentionScratch scratch = _scratch[worker];
        LoadQueries(in tile, scratch);
        ReadOnlySpan<int> blocks = _step.Blocks(tile.Sequence)[..((tile.LastPosition / _page.BlockSize) + 1)];
        bool finite = true;
        for (int index = 0; index < blocks.Length; index++)
        {
            if (index + 1 < blocks.Length)
            {
                Prefetch(_cache.PageAt(_step.Layer, blocks[index + 1], tile.Head));
            }

            finite &= AddBlock(in tile, index, blocks[index], scratch);
        }

        if (!Finish(in tile, scratch) || !finite)
        {
            _step.Fail(tile.Sequence, SequenceFault.NonFiniteOutput);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (AttentionScratch? scratch in _scratch)
        {
            scratch?.Dispose();
        }
    }

    private void LoadQueries(in AttentionTile tile, AttentionScratch scratch)
    {
        for (int i = 0; i < tile.Count; i++)
        {
            Span<float> query = new(scratch.Query + (i * _page.PaddedDim), _page.PaddedDim);
            float* source = _step.Query(tile.Sequence, tile.Row(i), tile.QueryHead(i));
            new ReadOnlySpan<float>(source, _page.Dim).CopyTo(query);
            query[_page.Dim..].Clear();
        }

        new Span<double>(scratch.Mantissas, tile.Count * _page.PaddedDim).Clear();
        new Span<double>(scratch.Exponents, tile.Count * _page.PaddedDim).Fill(BlockMerge.EmptyExponent);
        new Span<double>(scratch.WeightMantissas, AttentionScratch.Queries).Clear();
        new Span<double>(scratch.WeightExponents, AttentionScratch.Queries).Fill(BlockMerge.EmptyExponent);
    }

    // Pages lie anywhere in memory: while one is worked on, the next one is on its way.
    private void Prefetch(byte* page)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < _page.PageBytes; i += CacheLine)
            {
                Sse.Prefetch1(page + i);
            }
        }
    }

    // False if a score is not finite.
    private bool AddBlock(in AttentionTile tile, int index, int block, AttentionScratch scratch)
    {
        int blockStart = index * _page.BlockSize;
        int first = 0;
        while (tile.Position(first) < blockStart)
        {
            first++;
        }

        byte* page = _cache.PageAt(_step.Layer, block, tile.Head);
        bool finite = Weigh(in tile, first, blockStart, page, scratch);
        ref BlockState state = ref _cache.StateAt(_step.Layer, block, tile.Head);
        if (state.Raw || state.Spread > _format.Wide)
        {
            AddRareBlock(in tile, first, index, scratch);
        }
        else
        {
            BlockMerge.LoadExponents(
                (short*)(page + _page.ShiftOffset), _headroom, _page.PaddedDim, scratch.BlockExponents);
            int visible = Math.Min(_page.BlockSize, tile.LastPosition - blockStart + 1);
            AddShiftedBlock(first, tile.Count, visible, page + _page.ValueOffset, scratch);
        }

        BlockMerge.AddRowSums(
            scratch.WeightSums,
            scratch.ScoreExponent,
            scratch.ScoreFraction,
            scratch.WeightMantissas,
            scratch.WeightExponents);
        return finite;
    }

    // Scores, weights and the powers of the largest score, for the queries from the first on; the others get nothing
    // from this block.
    private bool Weigh(in AttentionTile tile, int first, int blockStart, byte* page, AttentionScratch scratch)
    {
        int visible = Math.Min(_page.BlockSize, tile.LastPosition - blockStart + 1);
        int length = (visible + PageLayout.Lanes - 1) / PageLayout.Lanes * PageLayout.Lanes;
        for (int token = 0; token < length; token += PageLayout.Lanes)
        {
            Score(first, tile.Count, page, scratch.Scores + token, scratch.Query);
            page += _page.KeyGroupBytes;
        }

        bool finite = true;
        new Span<double>(scratch.LargestScore, AttentionScratch.Queries).Clear();
        for (int i = first; i < tile.Count; i++)
        {
            int at = i * _page.BlockSize;
            int seen = Math.Min(visible, tile.Position(i) - blockStart + 1);
            float largest = BlockWeights.Apply(scratch.Scores + at, seen, length, scratch.Weights + at);
            scratch.LargestScore[i] = largest;
            finite &= float.IsFinite(largest);
        }

        BlockMerge.SplitScores(scratch.LargestScore, scratch.ScoreExponent, scratch.ScoreFraction);
        new Span<float>(scratch.WeightSums, AttentionScratch.Queries).Clear();
        for (int i = 0; i < AttentionScratch.Queries; i++)
        {
            if (i < first || i >= tile.Count)
            {
                scratch.ScoreExponent[i] = BlockMerge.EmptyExponent;
            }
        }

        return finite;
    }

    private void Score(int first, int count, byte* keys, float* scores, float* queries)
    {
        int channels = _page.PaddedDim;
        int i = first;
        while (count - i >= ScoreKernel.Queries)
        {
            ScoreKernel.Four<TKey>(
                queries + (i * channels), keys, channels, _spec.Scale, scores + (i * _page.BlockSize), _page.BlockSize);
            i += ScoreKernel.Queries;
        }

        for (; i < count; i++)
        {
            ScoreKernel.One<TKey>(
                queries + (i * channels), keys, channels, _spec.Scale, scores + (i * _page.BlockSize));
        }
    }

    private void AddShiftedBlock(int first, int count, int tokens, byte* values, AttentionScratch scratch)
    {
        int channels = _page.PaddedDim;
        int i = first;
        while (count - i >= WeightedSum.Queries)
        {
            SumFour(
                scratch.Weights + (i * _page.BlockSize),
                tokens,
                values,
                scratch.Parts + (i * channels),
                scratch.WeightSums + i);
            i += WeightedSum.Queries;
        }

        for (; i < count; i++)
        {
            SumOne(
                scratch.Weights + (i * _page.BlockSize),
                tokens,
                values,
                scratch.Parts + (i * channels),
                scratch.WeightSums + i);
        }

        for (i = first; i < count; i++)
        {
            BlockMerge.Add(
                scratch.Parts + (i * channels),
                scratch.BlockExponents,
                scratch.ScoreExponent[i],
                scratch.ScoreFraction[i],
                channels,
                scratch.Mantissas + (i * channels),
                scratch.Exponents + (i * channels));
        }
    }

    private void SumFour(float* weights, int tokens, byte* values, float* parts, float* sums)
    {
        int stride = _page.BlockSize;
        int channels = _page.PaddedDim;
        int c = 0;
        for (; c <= channels - WeightedSum.Channels; c += WeightedSum.Channels)
        {
            WeightedSum.Four<TValue>(
                weights,
                stride,
                values + ((nint)c * sizeof(float)),
                _page.ValueRowBytes,
                tokens,
                parts + c,
                channels,
                sums);
        }

        for (; c < channels; c += PageLayout.Lanes)
        {
            WeightedSum.FourNarrow<TValue>(
                weights,
                stride,
                values + ((nint)c * sizeof(float)),
                _page.ValueRowBytes,
                tokens,
                parts + c,
                channels,
                sums);
        }
    }

    private void SumOne(float* weights, int tokens, byte* values, float* parts, float* sum)
    {
        int channels = _page.PaddedDim;
        int c = 0;
        for (; c <= channels - WeightedSum.Channels; c += WeightedSum.Channels)
        {
            WeightedSum.One<TValue>(
                weights, values + ((nint)c * sizeof(float)), _page.ValueRowBytes, tokens, parts + c, sum);
        }

        for (; c < channels; c += PageLayout.Lanes)
        {
            WeightedSum.OneNarrow<TValue>(
                weights, values + ((nint)c * sizeof(float)), _page.ValueRowBytes, tokens, parts + c, sum);
        }
    }

    private bool Finish(in AttentionTile tile, AttentionScratch scratch)
    {
        bool finite = true;
        for (int i = 0; i < tile.Count; i++)
        {
            double* mantissas = scratch.Mantissas + (i * _page.PaddedDim);
            double* exponents = scratch.Exponents + (i * _page.PaddedDim);
            finite &= _spec.Variant == AttentionVariant.Laser
                ? AttentionFinish.Laser(
                    mantissas,
                    exponents,
                    scratch.WeightMantissas[i],
                    scratch.WeightExponents[i],
                    _floor,
                    _page.PaddedDim,
                    scratch.Parts)
                : AttentionFinish.Plain(mantissas, scratch.WeightMantissas[i], _page.PaddedDim, scratch.Parts);
            new ReadOnlySpan<float>(scratch.Parts, _page.Dim)
                .CopyTo(new Span<float>(_step.Output(tile.Sequence, tile.Row(i), tile.QueryHead(i)), _page.Dim));
        }

        return finite;
    }
}
