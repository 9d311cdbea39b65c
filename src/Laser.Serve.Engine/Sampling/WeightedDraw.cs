using System.Numerics;
using System.Runtime.InteropServices;

namespace Laser.Serve.Engine.Sampling;

/// <summary>
/// Draws an index with a probability proportional to its weight. Sums are kept per chunk, so that the search skips most
/// of a row.
/// </summary>
internal sealed class WeightedDraw(int capacity)
{
    private const int ChunkSize = 512;

    private readonly double[] _chunkSums = new double[(capacity + ChunkSize - 1) / ChunkSize];
    private double _total;

    /// <summary>Sums the weights, which must not change until <see cref="Pick"/>.</summary>
    public double Sum(ReadOnlySpan<float> weights)
    {
        _total = 0;
        for (int chunk = 0; chunk * ChunkSize < weights.Length; chunk++)
        {
            _chunkSums[chunk] = SumOfChunk(Chunk(weights, chunk));
            _total += _chunkSums[chunk];
        }

        return _total;
    }

    /// <summary>
    /// The index whose share of the total holds <paramref name="uniform"/>; never one of weight zero.
    /// </summary>
    /// <param name="weights">Those summed last; at least one is above zero.</param>
    /// <param name="uniform">In [0, 1).</param>
    public int Pick(ReadOnlySpan<float> weights, double uniform)
    {
        double remaining = uniform * _total;
        int chosen = 0;
        for (int chunk = 0; chunk * ChunkSize < weights.Length; chunk++)
        {
            if (_chunkSums[chunk] > 0)
            {
                chosen = chunk;
                if (remaining < _chunkSums[chunk])
                {
                    break;
                }

                remaining -= _chunkSums[chunk];
            }
        }

        return (chosen * ChunkSize) + PickInChunk(Chunk(weights, chosen), remaining);
    }

    // Rounding can leave a remainder behind the last weight: then the last one that can be drawn is drawn.
    private static int PickInChunk(ReadOnlySpan<float> chunk, double remaining)
    {
        int picked = 0;
        for (int i = 0; i < chunk.Length; i++)
        {
            if (chunk[i] > 0)
            {
                picked = i;
                if (remaining < chunk[i])
                {
                    break;
                }

                remaining -= chunk[i];
            }
        }

        return picked;
    }

    private static ReadOnlySpan<float> Chunk(ReadOnlySpan<float> weights, int chunk) =>
        weights.Slice(chunk * ChunkSize, Math.Min(ChunkSize, weights.Length - (chunk * ChunkSize)));

    private static double SumOfChunk(ReadOnlySpan<float> chunk)
    {
        Vector<float> sums = Vector<float>.Zero;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(chunk);
        foreach (Vector<float> x in vectors)
        {
            sums += x;
        }

        double sum = Vector.Sum(sums);
        foreach (float x in chunk[(vectors.Length * Vector<float>.Count)..])
        {
            sum += x;
        }

        return sum;
    }
}
