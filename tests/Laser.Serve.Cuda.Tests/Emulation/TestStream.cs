namespace Laser.Serve.Cuda.Tests.Emulation;

/// <summary>A stream of the device that is current.</summary>
internal sealed unsafe class TestStream : IDisposable
{
    public TestStream(uint flags)
    {
        nint stream;
        Assert.Equal(DriverCodes.Success, NativeDriver.CreateStream(&stream, flags));
        Handle = stream;
    }

    public nint Handle { get; }

    public void Dispose() => _ = NativeDriver.DestroyStream(Handle);
}
