using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Memory;

/// <summary>What is taken from the driver is given back, also after errors.</summary>
[Collection(EmulationGroup.Name)]
public class LeakTests
{
    [CudaFact]
    public void Dispose_AllThatWasUsed_LeavesNothing()
    {
        using (CudaDevice device = TestDevice.Open())
        using (KernelLibrary kernels = new(device, null, SampleKernels.Sources))
        using (LaunchQueue queue = new(device))
        {
            using CudaTensor tensor = new(device, 3, 5);
            using PinnedBuffer pinned = new(device, 100);
            CudaKernel offset = kernels.Get("Scale.cu", "offset", "FACTOR=2");
            tensor.Buffer.Upload<float>(new float[15]);
            for (int i = 0; i < 2 * (GraphCache.Capacity + 10); i++)
            {
                queue.Add(offset, (1, 1, 1), 32, 0, tensor.Address, Argument.Of(1), Argument.Of((float)(i / 2)));
                queue.Flush();
            }

            Assert.Equal(GraphCache.Capacity + 10, queue.CaptureCount);
            Assert.Equal((1, 2), (EmulatedCuda.LiveAllocations(), EmulatedCuda.LiveHostAllocations()));
            Assert.Equal(GraphCache.Capacity + 4, EmulatedCuda.LiveHandles()); // and a stream, two events, a module
        }

        Assert.Equal(0, TestDevice.LiveCount());
    }

    [CudaFact]
    public void Errors_OfEveryKind_LeaveNothing()
    {
        using (CudaDevice device = TestDevice.Open())
        using (KernelLibrary kernels = new(device, null, SampleKernels.Sources))
        using (LaunchQueue queue = new(device))
        {
            Assert.Throws<InsufficientMemoryException>(() => new DeviceBuffer(device, 1L << 50, "test"));
            Assert.Throws<CudaException>(() => kernels.Get("Broken.cu", "broken"));
            CudaKernel offset = kernels.Get("Scale.cu", "offset", "FACTOR=2");
            for (int i = 0; i < 3; i++)
            {
                queue.Add(offset, (1, 1, 1), 2048, 0, 0, Argument.Of(1), Argument.Of(1f));
                Assert.Throws<CudaException>(queue.Flush);
            }
        }

        Assert.Equal(0, TestDevice.LiveCount());
    }
}
