using Laser.Serve.Compute;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>Operations that move numbers: they are exact.</summary>
public sealed class EmbeddingTests
{
    public static TheoryData<string, DataType> Types => BackendsUnderTest.With(Enum.GetValues<DataType>());

    [Theory]
    [MemberData(nameof(Types))]
    public void Embed_RandomTokens_CopiesTheirRows(string backend, DataType type)
    {
        const int vocabulary = 77;
        const int columns = 37;
        var random = new DeterministicRandom(21);
        StoredTensor table = StoredTensor.Random(random, type, vocabulary, columns);
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceMatrix matrix = subject.LoadEmbedding(table);
        foreach (int rows in Operation.RowCounts)
        {
            int[] tokens = [.. Enumerable.Range(0, rows).Select(_ => random.Next(vocabulary))];
            tokens[0] = vocabulary - 1;
            var batch = new ForwardBatch(rows, 1, 0);
            batch.Add(tokens, 0, [], 0, 0);
            float[] expected = new float[rows * columns];
            for (int row = 0; row < rows; row++)
            {
                table.CopyRow(tokens[row], expected.AsSpan(row * columns));
            }

            float[] actual = Operation.Run(
                subject, batch, rows, columns, output => subject.Embed(batch, matrix, output));
            Bits.AssertEqual(expected, actual, $"{rows} tokens");
        }
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void GatherLogitRows_ManySequences_TakesTheLastRowsOfEach(string backend)
    {
        const int columns = 19;
        var batch = new ForwardBatch(40, 4, 0);
        batch.Add(new int[17], 0, [], 0, 1);
        batch.Add(new int[1], 5, [], 1, 1);
        batch.Add(new int[12], 0, [], 2, 0);
        batch.Add(new int[10], 3, [], 3, 4);
        float[] input = new DeterministicRandom(22).Gaussians(40 * columns);
        float[] expected = [.. ((int[])[16, 17, 36, 37, 38, 39]).SelectMany(
            row => input[(row * columns)..((row + 1) * columns)])];

        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor source = Operation.Upload(subject, input, columns);
        float[] actual = Operation.Run(
            subject, batch, 6, columns, output => subject.GatherLogitRows(batch, source, output));
        Bits.AssertEqual(expected, actual, "logit rows");
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void AddResidual_RandomRows_IsOneAddition(string backend)
    {
        var random = new DeterministicRandom(23);
        using IBackend subject = BackendsUnderTest.Create(backend);
        foreach (int columns in (int[])[1, 15, 16, 33, 100])
        {
            foreach (int rows in Operation.RowCounts)
            {
                float[] residual = random.Gaussians((rows + 2) * columns);
                float[] delta = random.Gaussians(rows * columns);
                float[] expected = [.. delta.Select((d, i) => residual[i] + d)];
                using DeviceTensor term = Operation.Upload(subject, delta, columns);
                float[] actual = Operation.RunInPlace(
                    subject, Operation.Batch(rows), rows, residual, columns,
                    tensor => subject.AddResidual(tensor, rows, term));
                Bits.AssertEqual(expected, actual, $"{rows} x {columns}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void LoadTable_Table_KeepsItAsItIs(string backend, DataType type)
    {
        StoredTensor table = StoredTensor.Random(new DeterministicRandom(24), type, 5, 13);
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor loaded = subject.LoadTable(table);
        float[] expected = new float[5 * 13];
        for (int row = 0; row < 5; row++)
        {
            table.CopyRow(row, expected.AsSpan(row * 13));
        }

        Assert.Equal((5, 13), (loaded.RowCapacity, loaded.Columns));
        Bits.AssertEqual(expected, Download(subject, loaded, 5), "a table");
    }

    [Theory]
    [MemberData(nameof(BackendsUnderTest.Names), MemberType = typeof(BackendsUnderTest))]
    public void LoadTable_Vectors_AreJoinedEndToEnd(string backend)
    {
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor loaded = subject.LoadTable(
            new ArrayTensor("a", [1, 2, 3], 1, 3),
            new StoredTensor("b", DataType.BFloat16, [4, 5], 1, 2),
            new StoredTensor("c", DataType.Float16, [6], 1, 1));
        Assert.Equal((1, 6), (loaded.RowCapacity, loaded.Columns));
        Assert.Equal([1, 2, 3, 4, 5, 6], Download(subject, loaded, 1));
    }

    private static float[] Download(IBackend backend, DeviceTensor tensor, int rows)
    {
        float[] values = new float[rows * tensor.Columns];
        backend.BeginStep(Operation.Batch(rows));
        backend.Download(tensor, rows, values);
        backend.EndStep(new SequenceFault[1]);
        return values;
    }
}
