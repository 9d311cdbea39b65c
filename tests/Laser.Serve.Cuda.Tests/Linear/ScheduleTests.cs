using Laser.Serve.Compute;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Cuda.Tests.Operations;
using Laser.Serve.Testing;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Cuda.Tests.Linear;

/// <summary>
/// Blocks, warps and lanes in other orders, and copies to shared memory that come early or late: a missing barrier shows as
/// other bits or NaN.
/// </summary>
[Collection(EmulationGroup.Name)]
public sealed class ScheduleTests : IDisposable
{
    public static TheoryData<DataType, bool, bool> Kinds => new()
    {
        { DataType.Float32, true, false },
        { DataType.Float16, true, false },
        { DataType.BFloat16, true, false },
        { DataType.BFloat16, false, true },
        { DataType.BFloat16, false, false },
    };

    public void Dispose() => EmulatedCuda.SetSchedule(0);

    [CudaTheory]
    [MemberData(nameof(Kinds))]
    public void Linear_EverySchedule_SameBits(DataType type, bool exact, bool quantize)
    {
        const int inputs = 1100;
        var random = new DeterministicRandom(1);
        StoredTensor weight = StoredTensor.Random(random, type, 37, inputs);
        float[] bias = random.Gaussians(37);
        foreach (int rows in (int[])[1, 4, 12, 20, 50, 131])
        {
            float[] input = random.Gaussians(rows * inputs);
            AssertSameInAll(
                () =>
                {
                    using LinearRig rig = new(exact, quantize, bias, weight);
                    return rig.Multiply(input);
                },
                $"{type}, {rows} rows");
        }
    }

    [CudaFact]
    public void RmsNorm_EverySchedule_SameBits()
    {
        float[] input = new DeterministicRandom(2).Gaussians(3 * 1000);
        AssertSameInAll(
            () =>
            {
                using OperationRig rig = new();
                RmsNormOperation norm = new(rig.Kernels);
                CudaTensor weight = rig.Upload([.. Enumerable.Repeat(1f, 1000)], 1000);
                return rig.RunInPlace(
                    input, 1000, tensor => norm.Launch(rig.Queue, tensor, 3, weight, 1e-5f, tensor));
            },
            "rows");
    }

    private static void AssertSameInAll(Func<float[]> run, string what)
    {
        EmulatedCuda.SetSchedule(0);
        float[] expected = run();
        Assert.DoesNotContain(float.NaN, expected);
        foreach (int schedule in EmulatedCuda.Schedules)
        {
            EmulatedCuda.SetSchedule(schedule);
            Roundings.AssertSameBits(expected, run(), $"{what}, schedule {schedule}");
        }
    }
}
