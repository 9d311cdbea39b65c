using Laser.Serve.Compute;
using Laser.Serve.Cuda.Linear;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Operations;

[Collection(EmulationGroup.Name)]
public sealed class EmbedOperationTests
{
    private const int Vocabulary = 77;

    [CudaTheory]
    [InlineData(DataType.Float32, 37)]
    [InlineData(DataType.Float16, 64)]
    [InlineData(DataType.Float16, 301)]
    [InlineData(DataType.BFloat16, 37)]
    public void Launch_Ids_CopiesTheirRowsExactly(DataType type, int columns)
    {
        var random = new DeterministicRandom(1);
        StoredTensor table = StoredTensor.Random(random, type, Vocabulary, columns);
        int[] ids = [Vocabulary - 1, 0, .. Enumerable.Range(0, 9).Select(_ => random.Next(Vocabulary))];
        float[] expected = new float[ids.Length * columns];
        for (int row = 0; row < ids.Length; row++)
        {
            table.CopyRow(ids[row], expected.AsSpan(row * columns));
        }

        Roundings.AssertSameBits(expected, Run(table, ids), $"{type}");
    }

    [CudaFact]
    public void Launch_EveryHalf_IsWidenedExactly()
    {
        Half[] halves = [.. Enumerable.Range(0, 65536).Select(i => BitConverter.UInt16BitsToHalf((ushort)i))];
        float[] values = [.. halves.Select(half => (float)half)];
        float[] actual = Run(new StoredTensor("halves", DataType.Float16, values, 64, 1024), [.. Enumerable.Range(0, 64)]);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(values[i], actual[i]);
            Assert.Equal(float.IsNegative(values[i]), float.IsNegative(actual[i]));
        }
    }

    [CudaFact]
    public void Launch_IdOutsideOfTheTable_GivesNaN()
    {
        StoredTensor table = StoredTensor.Random(new DeterministicRandom(2), DataType.BFloat16, Vocabulary, 40);
        float[] actual = Run(table, [-1, 5, Vocabulary, int.MinValue, int.MaxValue]);
        Assert.Equal(
            [true, false, true, true, true], Enumerable.Range(0, 5).Select(row => float.IsNaN(actual[row * 40])));
        Assert.DoesNotContain(float.NaN, actual[40..80]);
        Assert.Equal(160, actual.Count(float.IsNaN));
    }

    private static float[] Run(HostTensor table, int[] ids)
    {
        using OperationRig rig = new();
        EmbedOperation embed = new(rig.Kernels);
        CudaMatrix matrix = rig.Own(new MatrixLoader(rig.Device).LoadEmbedding(table));
        ulong tokens = rig.Upload(ids);
        return rig.Run(
            ids.Length, table.Columns, output => embed.Launch(rig.Queue, tokens, ids.Length, matrix, output));
    }
}
