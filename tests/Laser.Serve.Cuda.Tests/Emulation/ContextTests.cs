namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class ContextTests
{
    [CudaFact]
    public void Call_FromAThreadWithoutContext_IsRefused()
    {
        using var device = new EmulatedDevice();
        int without = 0;
        int with = 0;
        nint context = device.Context;
        var thread = new Thread(() =>
        {
            without = CreateAndDestroyStream();
            _ = NativeDriver.SetContext(context);
            with = CreateAndDestroyStream();
        });
        thread.Start();
        thread.Join();

        Assert.Equal(DriverCodes.InvalidContext, without);
        Assert.Equal(DriverCodes.Success, with);
    }

    [CudaFact]
    public void Call_AfterTheContextWasReleased_IsRefused()
    {
        new EmulatedDevice().Dispose();
        var device = new EmulatedDevice();
        Assert.Equal(DriverCodes.Success, NativeDriver.ReleaseContext(0));

        int code = CreateAndDestroyStream();

        nint context;
        Assert.Equal(DriverCodes.Success, NativeDriver.RetainContext(&context, 0));
        device.Dispose();
        Assert.Equal(DriverCodes.ContextIsDestroyed, code);
    }

    [CudaFact]
    public void SetCurrent_OfSomethingElse_IsRefused() =>
        Assert.Equal(DriverCodes.InvalidContext, NativeDriver.SetContext(12345));

    [CudaFact]
    public void Handle_AfterItsEnd_IsRefused()
    {
        using var device = new EmulatedDevice();
        nint stream;
        Assert.Equal(DriverCodes.Success, NativeDriver.CreateStream(&stream, 1));
        Assert.Equal(DriverCodes.Success, NativeDriver.DestroyStream(stream));

        Assert.Equal(DriverCodes.InvalidHandle, NativeDriver.Synchronize(stream));
        Assert.Equal(DriverCodes.InvalidHandle, NativeDriver.DestroyStream(stream));
        Assert.Equal(DriverCodes.InvalidHandle, NativeDriver.UnloadModule(stream));
    }

    [CudaTheory]
    [InlineData(75, 9)]
    [InlineData(76, 0)]
    [InlineData(16, 4)]
    [InlineData(97, 232448)]
    [InlineData(10, 32)]
    public void Attribute_OfTheDevice_IsThatOfASmallHopper(int attribute, int expected)
    {
        using var device = new EmulatedDevice();
        int value;

        Assert.Equal(DriverCodes.Success, NativeDriver.DeviceAttribute(&value, attribute, 0));
        Assert.Equal(expected, value);
    }

    [CudaFact]
    public void Error_HasNameAndText()
    {
        Assert.Equal("CUDA_ERROR_OUT_OF_MEMORY", NativeDriver.ErrorName(DriverCodes.OutOfMemory));
        Assert.Equal("out of memory", NativeDriver.ErrorText(DriverCodes.OutOfMemory));
        Assert.Null(NativeDriver.ErrorName(12345));
    }

    private static int CreateAndDestroyStream()
    {
        nint stream;
        int code = NativeDriver.CreateStream(&stream, 1);
        return code == DriverCodes.Success ? NativeDriver.DestroyStream(stream) : code;
    }
}
