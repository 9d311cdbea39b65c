using Laser.Serve.Backends.Tests.Contract;
using Laser.Serve.Compute;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Attention;

/// <summary>Steps that fail as a whole: a device that is lost half-way, a batch that cannot be.</summary>
[Collection(EmulationGroup.Name)]
public sealed class FailureTests : IDisposable
{
    private const int IllegalAddress = 700;
    private const int Prompt = 20;

    public void Dispose() => EmulatedCuda.Recover();

    [CudaTheory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(5, true)]
    [InlineData(9, true)]
    public void Step_DeviceLostHalfWay_SaysSoAndGivesEverythingBack(int launch, bool ends)
    {
        var rig = new DecodeRig();
        rig.Prefill(Prompt);
        rig.Decode(Prompt);
        EmulatedCuda.FailAfter(launch, IllegalAddress);
        rig.Begin([0], Prompt + 1, [4, 1, 3, 0]);
        rig.Attend();
        Assert.Throws<DeviceLostException>(ends ? rig.End : rig.Download);

        Assert.Throws<DeviceLostException>(rig.End);
        Assert.Throws<DeviceLostException>(() => rig.Decode(Prompt + 2));
        Assert.Throws<DeviceLostException>(() => rig.Cache.Truncate(rig.BlockOf(0), 2, 1));
        rig.Dispose();
        Assert.Equal(0, TestDevice.LiveCount());
    }

    [CudaFact]
    public void Dispose_DeviceLostAndAnotherThread_GivesEverythingBack()
    {
        var rig = new DecodeRig();
        EmulatedCuda.FailAfter(1, IllegalAddress);
        Assert.Throws<DeviceLostException>(() => rig.Prefill(Prompt));

        Exception? problem = null;
        var thread = new Thread(() => problem = Record.Exception(rig.Dispose));
        thread.Start();
        thread.Join();

        Assert.Null(problem);
        Assert.Equal(0, TestDevice.LiveCount());
    }

    [CudaTheory]
    [InlineData(5)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Attend_BlockNotInThePool_IsRefusedAndNothingRuns(int block)
    {
        using var untroubled = new DecodeRig();
        untroubled.Prefill(Prompt);
        untroubled.Decode(Prompt);

        using var rig = new DecodeRig();
        rig.Prefill(Prompt);
        EmulatedCuda.FailAfter(1, IllegalAddress);
        rig.Begin([0], Prompt, [block]);
        Assert.Throws<ArgumentException>(rig.Attend);
        EmulatedCuda.Recover();
        rig.Decode(Prompt);
        Bits.AssertEqual(untroubled.Result, rig.Result, "after a batch that was refused");
    }
}
