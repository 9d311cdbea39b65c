using Laser.Serve.Compute;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>Runs single operations of a backend on host arrays.</summary>
internal static class Operation
{
    /// <summary>Row counts around the sizes that kernels treat as one tile.</summary>
    public static readonly int[] RowCounts = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 24, 31, 33, 40];

    private const float Untouched = 12345;
    private const int SpareRows = 2;

    /// <summary>
    /// Runs an operation that writes <paramref name="rows"/> rows of an output tensor, and checks that it left the rows
    /// behind them as they were.
    /// </summary>
    public static float[] Run(
        IBackend backend, ForwardBatch batch, int rows, int columns, Action<DeviceTensor> operation)
    {
        float[] values = new float[(rows + SpareRows) * columns];
        values.AsSpan().Fill(Untouched);
        return RunInPlace(backend, batch, rows, values, columns, operation);
    }

    /// <summary>
    /// The same with a tensor that starts as <paramref name="values"/>; rows behind the first ones must stay.
    /// </summary>
    public static float[] RunInPlace(
        IBackend backend, ForwardBatch batch, int rows, float[] values, int columns, Action<DeviceTensor> operation)
    {
        using DeviceTensor tensor = Upload(backend, values, columns);
        var faults = new SequenceFault[batch.SequenceCount];
        float[] result = new float[values.Length];
        backend.BeginStep(batch);
        operation(tensor);
        backend.Download(tensor, tensor.RowCapacity, result);
        backend.EndStep(faults);
        Assert.All(faults, fault => Assert.Equal(SequenceFault.None, fault));
        int end = rows * columns;
        Bits.AssertEqual(values.AsSpan(end), result.AsSpan(end), "rows that are not the operation's");
        return result[..end];
    }

    public static DeviceTensor Upload(IBackend backend, float[] values, int columns) =>
        backend.LoadTable(new ArrayTensor("values", values, values.Length / columns, columns));

    /// <summary>A batch of one sequence.</summary>
    public static ForwardBatch Batch(int rows, int firstPosition = 0)
    {
        var batch = new ForwardBatch(rows, 1, 0);
        batch.Add(new int[rows], firstPosition, [], 0, 0);
        return batch;
    }

    /// <summary>Fails unless each element is within its tolerance, given the expected value.</summary>
    public static void AssertClose(float[] expected, float[] actual, Func<int, double> tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)actual[i] - expected[i]);
            double bound = tolerance(i);
            Assert.True(
                error <= bound,
                $"{what}: element {i} is {actual[i]:r}, not {expected[i]:r}; off by {error:g3}, bound {bound:g3}.");
        }
    }

    /// <summary>The unit roundoff of fp32 times <paramref name="count"/>.</summary>
    public static double Roundings(double count) => Math.ScaleB(count, -24);
}
