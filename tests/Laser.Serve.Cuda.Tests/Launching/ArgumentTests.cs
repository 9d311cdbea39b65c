using Laser.Serve.Cuda.Launching;

namespace Laser.Serve.Cuda.Tests.Launching;

public class ArgumentTests
{
    [Fact]
    public void Of_NegativeInt_HasItsBitsInTheLowHalf() => Assert.Equal(0xFFFF_FFFEUL, Argument.Of(-2));

    [Fact]
    public void Of_Float_HasItsBitsInTheLowHalf() => Assert.Equal(0x3F80_0000UL, Argument.Of(1f));

    [Fact]
    public void Of_NegativeLong_HasItsBits() => Assert.Equal(ulong.MaxValue - 1, Argument.Of(-2L));
}
