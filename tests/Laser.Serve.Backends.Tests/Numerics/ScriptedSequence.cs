using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>
/// The <c>q | k | v</c> rows of a sequence, fixed by a seed. Its second block turns wide half-way, its third raw
/// half-way, and so does every later one that comes so far, with a different row.
/// </summary>
internal sealed class ScriptedSequence
{
    private readonly float[] _rows;
    private readonly int _columns;

    public ScriptedSequence(LaserAttentionSpec spec, int blockSize, int tokens, ulong seed)
    {
        var random = new DeterministicRandom(seed);
        _columns = spec.QkvColumns;
        _rows = random.Gaussians(tokens * _columns);
        Tokens = tokens;
        int firstValue = spec.QueryColumns + spec.KvColumns;
        for (int block = 1; block * blockSize < tokens; block++)
        {
            // 100 nats are 145 bits: wide in fp32 and bf16. 300 nats are raw in every type.
            int row = (block * blockSize) + (blockSize / 2) + Math.Min(block, 5) - 1;
            float drop = block == 1 ? 100 : 300;
            for (int j = 0; row < tokens && j < spec.KvColumns; j++)
            {
                _rows[(row * _columns) + firstValue + j] -= drop;
            }
        }
    }

    public int Tokens { get; }

    /// <summary>A part of a step.</summary>
    public SequenceRows Rows(int start, int count, int[] blockTable, int openSlot) =>
        new(_rows[(start * _columns)..((start + count) * _columns)], start, blockTable, openSlot);

    /// <summary>Overwrites all columns of a row.</summary>
    public void Fill(int row, float value) => _rows.AsSpan(row * _columns, _columns).Fill(value);
}
