namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class AtomicTests
{
    private const int Threads = 100;
    private const int Sum = Threads * (Threads - 1) / 2;

    [CudaTheory]
    [InlineData("atomicAdd(cell, threadIdx.x)", 0, Sum)]
    [InlineData("atomicMax(cell, (int)threadIdx.x - 50)", -1000, Threads - 1 - 50)]
    [InlineData("atomicMin(cell, (int)threadIdx.x - 50)", 1000, -50)]
    [InlineData("atomicOr(cell, threadIdx.x)", 0, 127)]
    [InlineData("atomicCAS(cell, threadIdx.x, threadIdx.x + 1)", 0, Threads)]
    [InlineData("atomicExch(cell, 7)", 0, 7)]
    public void Atomic_OfInt_ByAllThreads(string call, int start, int expected) =>
        Assert.Equal(expected, Run("int", call, start));

    [CudaTheory]
    [InlineData("atomicAdd(cell, 1ull << 40)", 0ul, (ulong)Threads << 40)]
    [InlineData("atomicMax(cell, (unsigned long long)threadIdx.x << 40)", 5ul, (ulong)(Threads - 1) << 40)]
    [InlineData("atomicCAS(cell, 5ull, 1ull << 50)", 5ul, 1ul << 50)]
    [InlineData("atomicOr(cell, 1ull << (threadIdx.x % 64))", 0ul, ulong.MaxValue)]
    public void Atomic_OfUnsignedLongLong_ByAllThreads(string call, ulong start, ulong expected) =>
        Assert.Equal(expected, Run("unsigned long long", call, start));

    [CudaFact]
    public void AtomicAdd_OfFloat_ByAllThreads() =>
        Assert.Equal((float)Sum, Run("float", "atomicAdd(cell, (float)threadIdx.x)", 0f));

    [CudaFact]
    public void AtomicMax_OfUnsigned_ByAllThreads() =>
        Assert.Equal(uint.MaxValue - 1, Run("unsigned", "atomicMax(cell, ~threadIdx.x - 1)", 0u));

    [CudaFact]
    public void AtomicAdd_GivesTheValueBefore()
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel("__global__ void before(int* cell, int* output) { output[atomicAdd(cell, 1)] = 1; }");
        ulong output = device.Allocate(Threads * sizeof(int));

        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 2, Threads / 2, 0, device.Upload(0), output));
        Assert.All(EmulatedDevice.Download<int>(output, Threads), seen => Assert.Equal(1, seen));
    }

    [CudaFact]
    public void Atomic_OfATypeThatCudaHasNot_DoesNotCompile() => Assert.NotEqual(
        0, NativeCompiler.Compile("__global__ void wrong(float* cell) { atomicMax(cell, 1.f); }").Code);

    private static T Run<T>(string type, string call, T start)
        where T : unmanaged
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel($$"""__global__ void change({{type}}* cell) { {{call}}; }""");
        ulong cell = device.Upload(start);
        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, Threads, 0, cell));
        return EmulatedDevice.Download<T>(cell, 1)[0];
    }
}
