using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cpu;
using Laser.Serve.Cpu.Memory;

namespace Laser.Serve.Backends.Tests.Cpu;

public class MemoryBudgetTests
{
    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 64)]
    [InlineData(5000, 64)]
    [InlineData(2 << 20, 2 << 20)]
    [InlineData((5 << 20) + 3, 2 << 20)]
    public unsafe void Allocate_AnySize_AlignedAndWritable(int size, int alignment)
    {
        MemoryBudget budget = new(10 << 20);
        using (AlignedBuffer buffer = budget.Allocate(size, "test"))
        {
            Assert.Equal(0, (nint)buffer.Pointer % alignment);
            Assert.Equal(size, budget.Taken);
            buffer.Clear();
        }

        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public void Allocate_BeyondTheLimit_ThrowsWithTheFigures()
    {
        MemoryBudget budget = new(1000);
        using AlignedBuffer first = budget.Allocate(600, "first");
        InsufficientMemoryException exception = Assert.Throws<InsufficientMemoryException>(
            () => budget.Allocate(401, "second"));
        Assert.Equal("second: 401 bytes do not fit; 600 of 1000 bytes are already in use.", exception.Message);
        Assert.Throws<InsufficientMemoryException>(() => budget.Allocate(long.MaxValue, "third"));
        budget.Allocate(400, "fourth").Dispose();
        Assert.Equal(600, budget.Taken);
    }

    [Fact]
    public unsafe void Dispose_Twice_ReturnsOnce()
    {
        MemoryBudget budget = new(1000);
        AlignedBuffer buffer = budget.Allocate(10, "test");
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(0, budget.Taken);
        Assert.Throws<ObjectDisposedException>(() => buffer.Pointer == null);
    }

    [Fact]
    public void CreateKvCache_LargerThanTheMachine_Throws()
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 1 });
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 32, 32, 128, 1);
        KvCacheLayout layout = new() { Attention = spec, LayerCount = 8, BlockCount = 4_000_000, OpenSlotCount = 1 };
        InsufficientMemoryException exception = Assert.Throws<InsufficientMemoryException>(
            () => backend.CreateKvCache(layout));
        Assert.Contains("key/value cache", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => backend.CreateKvCache(layout with { LayerCount = 80 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    public void Backend_ThreadCountOutOfRange_Throws(int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuBackend(new CpuOptions { ThreadCount = threads }));

    [Theory]
    [InlineData(DataType.Float16, DataType.BFloat16, 32, 64)]
    [InlineData(DataType.BFloat16, DataType.Float16, 32, 64)]
    [InlineData(DataType.BFloat16, DataType.BFloat16, 24, 64)]
    [InlineData(DataType.BFloat16, DataType.BFloat16, 256, 64)]
    [InlineData(DataType.BFloat16, DataType.BFloat16, 32, 33)]
    [InlineData(DataType.BFloat16, DataType.BFloat16, 32, 514)]
    public void CreateKvCache_LayoutNotSupported_Throws(DataType key, DataType value, int blockSize, int headDim)
    {
        using CpuBackend backend = new(new CpuOptions { ThreadCount = 1 });
        LaserAttentionSpec spec = new(AttentionVariant.Laser, 2, 2, headDim, 1);
        KvCacheLayout layout = AttentionRig.Layout(spec, key, blockSize) with { ValueType = value };
        Assert.Throws<ArgumentException>(() => backend.CreateKvCache(layout));
    }
}
