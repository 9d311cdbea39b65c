using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Emitted;

namespace Laser.Serve.Backends.Tests.Cpu.Emitted;

public sealed unsafe class DotKernelChoiceTests
{
    [Theory]
    [InlineData(BFloat16DotProduct.Off, true)]
    [InlineData(BFloat16DotProduct.Off, false)]
    [InlineData(BFloat16DotProduct.Auto, false)]
    public void For_OffOrNoInstruction_WritesNoCodeAndSaysNothing(BFloat16DotProduct use, bool possible)
    {
        DotKernelChoice choice = DotKernelChoice.For(use, possible, () => throw new InvalidOperationException());

        Assert.Equal(new DotKernelChoice(null, null), choice);
    }

    [Fact]
    public void For_RequiredWithoutTheInstruction_Throws()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => DotKernelChoice.For(
            BFloat16DotProduct.Require, false, () => throw new InvalidOperationException()));
        Assert.Equal("No bf16 dot product: it takes AVX512_BF16 and Linux on x64.", exception.Message);
    }

    [Fact]
    public void Try_MappingRefused_SaysSo() =>
        Assert.Equal("the system refuses executable memory", Refused().Problem);

    [DotTheory]
    [InlineData(0x52)] // vdpbf16ps
    [InlineData(0x18)] // vbroadcastss
    [InlineData(0x11)] // vmovups
    public void Try_AnInstructionDamaged_FailsTheSelfTest(byte opcode)
    {
        int count = 0;
        DotKernels.Create(code => Count(code));
        Assert.True(count >= DotKernels.MostRows);
        foreach (int victim in (int[])[0, count / 2, count - 1])
        {
            DotKernelChoice choice = DotKernelChoice.Try(code => MapDamaged(code, victim), DotKernelCheck.Passes);
            Assert.Null(choice.Kernels);
            Assert.Equal("the kernels failed their self-test", choice.Problem);
        }

        byte* Count(ReadOnlySpan<byte> code)
        {
            count = Places(code, opcode).Count;
            return null;
        }

        byte* MapDamaged(ReadOnlySpan<byte> code, int victim)
        {
            byte[] damaged = code.ToArray();
            damaged[Places(code, opcode)[victim] + 1] ^= 8; // another vector register
            return ExecutableMemory.Map(damaged);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backend_KernelsNotToBeHad_ComputesAsIfTheyWereOff(bool refused)
    {
        DotKernelChoice choice = refused ? Refused() : new DotKernelChoice(null, "the kernels failed their self-test");
        CpuOptions options = new() { ThreadCount = 1, BFloat16Dot = BFloat16DotProduct.Off };
        using CpuBackend off = new(options);
        using CpuBackend without = new(options, choice);

        Assert.Equal(Product(off), Product(without));
        Assert.DoesNotContain("bf16 dot", off.Description, StringComparison.Ordinal);
        Assert.Contains($"(no bf16 dot: {choice.Problem})", without.Description, StringComparison.Ordinal);
    }

    [DotTheory]
    [InlineData(BFloat16DotProduct.Auto)]
    [InlineData(BFloat16DotProduct.Require)]
    public void Backend_KernelsThere_SaysSoAndRoundsInputs(BFloat16DotProduct use)
    {
        using CpuBackend off = new(new CpuOptions { ThreadCount = 1, BFloat16Dot = BFloat16DotProduct.Off });
        using CpuBackend on = new(new CpuOptions { ThreadCount = 1, BFloat16Dot = use });

        Assert.Equal("CPU, AVX-512 bf16 dot, 1 thread", on.Description);
        Assert.NotEqual(Product(off), Product(on));
    }

    private static DotKernelChoice Refused() =>
        DotKernelChoice.Try(_ => null, _ => throw new InvalidOperationException());

    private static float[] Product(CpuBackend backend)
    {
        using DeviceMatrix weight = backend.LoadMatrix(new MatrixTensor(DataType.BFloat16, 70, 33, 1));
        using DeviceTensor input = backend.LoadTable(new MatrixTensor(DataType.Float32, 5, 33, 2, fine: true));
        using DeviceTensor output = backend.CreateTensor(5, 70);
        backend.Linear(input, 5, weight, null, output);
        float[] result = new float[5 * 70];
        backend.Download(output, 5, result);
        return result;
    }

    private static List<int> Places(ReadOnlySpan<byte> code, byte opcode)
    {
        List<int> places = [];
        for (int i = 0; i + 6 < code.Length; i++)
        {
            if (code[i] == 0x62 && (code[i + 1] & 12) == 0 && code[i + 4] == opcode)
            {
                places.Add(i + 4);
            }
        }

        return places;
    }
}
