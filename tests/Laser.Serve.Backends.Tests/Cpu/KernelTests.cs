using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Kernels;

namespace Laser.Serve.Backends.Tests.Cpu;

public class KernelTests
{
    public static TheoryData<int> Lengths => [1, 15, 16, 17, 63, 64, 65, 192, 1000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public unsafe void RmsNorm_AnyLength_MatchesFormulaAndStaysInside(int length)
    {
        using GuardedFloats x = GuardedFloats.Random(length, 1, 3);
        using GuardedFloats weight = GuardedFloats.Random(length, 2);
        using GuardedFloats y = new(length);
        RmsNormKernel.Apply(x.Pointer, weight.Pointer, length, 1e-5f, y.Pointer);

        double scale = 1 / Math.Sqrt((x.Span.ToArray().Sum(v => (double)v * v) / length) + 1e-5);
        for (int i = 0; i < length; i++)
        {
            Assert.InRange(y.Span[i] - (x.Span[i] * scale * weight.Span[i]), -1e-6, 1e-6);
        }

        float[] apart = y.Span.ToArray();
        RmsNormKernel.Apply(x.Pointer, weight.Pointer, length, 1e-5f, x.Pointer);
        Assert.Equal(apart, x.Span.ToArray());
    }

    [Fact]
    public void HeadRmsNorm_SomeHeads_LeavesOtherColumnsAlone()
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 2 });
        using CpuTensor tensor = Fill(backend, 200, 5 * 18, seed: 1);
        using CpuTensor before = Fill(backend, 200, 5 * 18, seed: 1);
        using CpuTensor weight = Fill(backend, 1, 18, seed: 2);
        backend.HeadRmsNorm(tensor, 199, 18, 3, 18, weight, 1e-6f);
        for (int row = 0; row < 200; row++)
        {
            for (int head = 0; head < 5; head++)
            {
                float[] old = before.Span(row).Slice(head * 18, 18).ToArray();
                bool normed = row < 199 && head is >= 1 and < 4;
                double scale = 1 / Math.Sqrt((old.Sum(v => (double)v * v) / 18) + 1e-6);
                for (int i = 0; i < 18; i++)
                {
                    double expected = normed ? old[i] * scale * weight.Span(0)[i] : old[i];
                    Assert.InRange(tensor.Span(row)[(head * 18) + i] - expected, normed ? -1e-6 : 0, normed ? 1e-6 : 0);
                }
            }
        }
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(48, 48)]
    [InlineData(80, 40)]
    [InlineData(18, 10)]
    public void RotaryEmbed_HalfSplit_MatchesFormula(int headDim, int rotated)
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 2 });
        int columns = 3 * headDim;
        using CpuTensor tensor = Fill(backend, 6, columns, seed: 3);
        using CpuTensor before = Fill(backend, 6, columns, seed: 3);
        using CpuTensor table = Fill(backend, 40, rotated, seed: 4);
        ForwardBatch batch = new(6, 2, 8);
        batch.Add([1, 2, 3, 4], 30, [0, 1], 0, 1);
        batch.Add([5, 6], 7, [2], 1, 1);
        backend.RotaryEmbed(batch, tensor, 2, headDim, table);
        int half = rotated / 2;
        for (int row = 0; row < 6; row++)
        {
            Span<float> cs = table.Span(batch.Positions[row]);
            for (int column = 0; column < columns; column++)
            {
                int i = column % headDim;
                Span<float> old = before.Span(row);
                double expected = column >= 2 * headDim || i >= rotated ? old[column]
                    : i < half ? ((double)old[column] * cs[i]) - ((double)old[column + half] * cs[half + i])
                    : ((double)old[column] * cs[i - half]) + ((double)old[column - half] * cs[i]);
                Assert.InRange(tensor.Span(row)[column] - expected, -3e-7, 3e-7);
            }
        }

        batch.Clear();
        batch.Add([1], 40, [0, 1], 0, 1);
        Assert.Throws<ArgumentException>(() => backend.RotaryEmbed(batch, tensor, 2, headDim, table));
    }

    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.GeluTanh)]
    public void GatedActivate_EachActivation_MatchesFormula(Activation activation)
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 2 });
        foreach (int columns in (int[])[1, 15, 16, 33, 512])
        {
            using CpuTensor gateUp = Fill(backend, 9, 2 * columns, seed: columns, scale: 8);
            using CpuTensor output = Fill(backend, 10, columns, seed: 1);
            float[] untouched = output.Span(9).ToArray();
            backend.GatedActivate(gateUp, 9, activation, output);
            for (int row = 0; row < 9; row++)
            {
                for (int i = 0; i < columns; i++)
                {
                    double expected = Activate(activation, gateUp.Span(row)[i]) * gateUp.Span(row)[columns + i];
                    double bound = 5e-7 * Math.Max(1, Math.Abs(expected));
                    Assert.InRange(output.Span(row)[i] - expected, -4 * bound, 4 * bound);
                }
            }

            Assert.Equal(untouched, output.Span(9).ToArray());
        }
    }

    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.GeluTanh)]
    public void GatedActivate_LargeAndSpecialGates_BehaveLikeTheFormula(Activation activation)
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 1 });
        using CpuTensor gateUp = Fill(backend, 1, 10, seed: 1);
        using CpuTensor output = Fill(backend, 1, 5, seed: 2);
        ((float[])[1e4f, -1e4f, 0, float.NaN, -200, 1, 1, 1, 1, 1]).CopyTo(gateUp.Span(0));
        backend.GatedActivate(gateUp, 1, activation, output);
        Assert.Equal(1e4f, output.Span(0)[0]);
        Assert.Equal(0f, output.Span(0)[1]);
        Assert.Equal(0f, output.Span(0)[2]);
        Assert.True(float.IsNaN(output.Span(0)[3]));
        Assert.Equal(0f, output.Span(0)[4]);
    }

    [Fact]
    public void AddResidual_AndGather_TouchTheirRowsOnly()
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 2 });
        using CpuTensor residual = Fill(backend, 300, 37, seed: 1);
        using CpuTensor before = Fill(backend, 300, 37, seed: 1);
        using CpuTensor delta = Fill(backend, 300, 37, seed: 2);
        backend.AddResidual(residual, 299, delta);
        for (int row = 0; row < 300; row++)
        {
            for (int i = 0; i < 37; i++)
            {
                Assert.Equal(before.Span(row)[i] + (row < 299 ? delta.Span(row)[i] : 0), residual.Span(row)[i]);
            }
        }

        ForwardBatch batch = new(10, 3, 8);
        batch.Add([1, 2, 3], 0, [0], 0, 2);
        batch.Add([4], 0, [1], 1, 0);
        batch.Add([5, 6], 0, [2], 2, 1);
        using CpuTensor gathered = Fill(backend, 3, 37, seed: 3);
        backend.GatherLogitRows(batch, residual, gathered);
        float[] downloaded = new float[3 * 37];
        backend.Download(gathered, 3, downloaded);
        Assert.Equal([.. residual.Span(1), .. residual.Span(2), .. residual.Span(5)], downloaded);
    }

    [Fact]
    public void LoadTable_JoinedVectors_StandEndToEnd()
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 1 });
        MatrixTensor first = new(DataType.BFloat16, 1, 5, 1);
        MatrixTensor second = new(DataType.Float16, 1, 3, 2);
        using DeviceTensor joined = backend.LoadTable(first, second);
        Assert.Equal((1, 8), (joined.RowCapacity, joined.Columns));
        Assert.Equal([.. first.Values(0), .. second.Values(0)], ((CpuTensor)joined).Span(0).ToArray());
        Assert.Throws<ArgumentException>(() => backend.LoadTable(first, new MatrixTensor(DataType.Float32, 2, 3, 3)));
    }

    private static CpuTensor Fill(CpuBackend backend, int rows, int columns, int seed, float scale = 1)
    {
        CpuTensor tensor = (CpuTensor)backend.CreateTensor(rows, columns);
        Random random = new(seed);
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float x in tensor.Span(row))
            {
                x = (float)(random.NextDouble() - 0.5) * 2 * scale;
            }
        }

        return tensor;
    }

    private static double Activate(Activation activation, double x) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Gelu => x / 2 * (1 + Erf(x / Math.Sqrt(2))),
        _ => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
    };

    // Simpson's rule on the definition.
    private static double Erf(double x)
    {
        const int Steps = 2000;
        double h = x / Steps;
        double sum = 1 + Math.Exp(-x * x);
        for (int i = 1; i < Steps; i++)
        {
            double t = i * h;
            sum += (i % 2 == 0 ? 2 : 4) * Math.Exp(-t * t);
        }

        return sum * h / 3 * 2 / Math.Sqrt(Math.PI);
    }
}
