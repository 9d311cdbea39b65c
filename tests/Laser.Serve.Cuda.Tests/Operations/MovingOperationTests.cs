using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Operations;

/// <summary>Operations that move or add numbers: they are exact.</summary>
[Collection(EmulationGroup.Name)]
public sealed class MovingOperationTests
{
    [CudaTheory]
    [InlineData(1, 1)]
    [InlineData(3, 33)]
    [InlineData(7, 300)]
    [InlineData(2, 4096)]
    public void Residual_Rows_IsOneAddition(int rows, int columns)
    {
        var random = new DeterministicRandom((ulong)columns);
        float[] residual = random.Gaussians(rows * columns);
        float[] delta = random.Gaussians(rows * columns);
        using OperationRig rig = new();
        ResidualOperation add = new(rig.Kernels);
        CudaTensor term = rig.Upload(delta, columns);
        float[] actual = rig.RunInPlace(residual, columns, tensor => add.Launch(rig.Queue, tensor, rows, term));
        Roundings.AssertSameBits([.. residual.Zip(delta, (r, d) => r + d)], actual, $"{rows} x {columns}");
    }

    [CudaFact]
    public void Gather_SomeRows_CopiesThem()
    {
        const int columns = 300;
        int[] rows = [0, 16, 17, 39, 3];
        float[] input = new DeterministicRandom(1).Gaussians(40 * columns);
        using OperationRig rig = new();
        GatherOperation gather = new(rig.Kernels);
        CudaTensor source = rig.Upload(input, columns);
        ulong numbers = rig.Upload(rows);
        float[] actual = rig.Run(
            rows.Length, columns, output => gather.Launch(rig.Queue, numbers, rows.Length, source, output));
        Roundings.AssertSameBits(
            [.. rows.SelectMany(row => input[(row * columns)..((row + 1) * columns)])], actual, "rows");
    }

    [CudaFact]
    public void Launch_NoRows_RecordsNothing()
    {
        using OperationRig rig = new();
        CudaTensor tensor = rig.Upload(new float[8], 8);
        new ResidualOperation(rig.Kernels).Launch(rig.Queue, tensor, 0, tensor);
        new GatherOperation(rig.Kernels).Launch(rig.Queue, 0, 0, tensor, tensor);
        rig.Queue.Flush();
        Assert.Equal(0, rig.Queue.GraphLaunchCount);
    }
}
