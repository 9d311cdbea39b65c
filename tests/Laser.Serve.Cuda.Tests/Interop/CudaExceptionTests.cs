using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Interop;

[Collection(EmulationGroup.Name)]
public class CudaExceptionTests
{
    [Theory]
    [InlineData(700)]
    [InlineData(702)]
    [InlineData(710)]
    [InlineData(714)]
    [InlineData(715)]
    [InlineData(716)]
    [InlineData(717)]
    [InlineData(718)]
    [InlineData(719)]
    [InlineData(999)]
    public void IsDeviceLost_StickyCode_IsTrue(int code) =>
        Assert.True(new CudaException("cuStreamSynchronize", code, "NAME").IsDeviceLost);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(209)]
    [InlineData(701)]
    [InlineData(900)]
    public void IsDeviceLost_OtherCode_IsFalse(int code) =>
        Assert.False(new CudaException("cuMemAlloc_v2", code, "NAME").IsDeviceLost);

    [CudaFact]
    public void Check_FailedCall_NamesCallAndCode()
    {
        using CudaDevice device = TestDevice.Open();

        CudaException exception = Assert.Throws<CudaException>(() => CudaStatus.Check(Driver.cuMemFree_v2(12345)));

        Assert.Equal("cuMemFree_v2", exception.Operation);
        Assert.Equal(1, exception.Code);
        Assert.Equal("CUDA_ERROR_INVALID_VALUE", exception.Name);
        Assert.Equal("cuMemFree_v2 failed: CUDA_ERROR_INVALID_VALUE (1)", exception.Message);
    }
}
