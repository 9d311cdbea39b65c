using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>Steps that repeat.</summary>
[Collection(EmulationGroup.Name)]
public class GraphTests
{
    private const int Prompt = 20;

    [CudaFact]
    public void Decode_SameStepAgain_RunsAsAGraphWithTheSameBits()
    {
        using var rig = new DecodeRig();
        rig.Prefill(Prompt);
        rig.Decode(Prompt);
        float[] direct = [.. rig.Result];
        Assert.Equal(0, rig.Backend.Queue.GraphLaunchCount);

        for (int i = 0; i < 3; i++)
        {
            long before = rig.Backend.Queue.GraphLaunchCount;
            rig.Cache.Truncate(rig.BlockOf(Prompt), 2, Prompt);
            long atTruncation = rig.Backend.Queue.GraphLaunchCount;
            rig.Decode(Prompt);
            Bits.AssertEqual(direct, rig.Result, $"repetition {i}");
            Assert.True(rig.Backend.Queue.GraphLaunchCount > atTruncation, $"repetition {i}, {before} graphs before it");
        }
    }

    [CudaFact]
    public void Decode_AfterWarmUp_AllocatesNothing()
    {
        using var rig = new DecodeRig();
        rig.Prefill(Prompt);
        for (int position = Prompt; position < Prompt + 8; position++)
        {
            rig.Decode(position);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int position = Prompt + 8; position < Prompt + 30; position++)
        {
            rig.Decode(position);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
