using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Launching;

[Collection(EmulationGroup.Name)]
public sealed class LaunchQueueTests : IDisposable
{
    private readonly CudaDevice _device = TestDevice.Open();
    private readonly KernelLibrary _kernels;
    private readonly CudaKernel _offset;
    private readonly CudaKernel _store;
    private readonly LaunchQueue _queue;
    private readonly DeviceBuffer _values;

    public LaunchQueueTests()
    {
        _kernels = new KernelLibrary(_device, null, SampleKernels.Sources);
        _offset = _kernels.Get("Scale.cu", "offset", "FACTOR=2");
        _store = _kernels.Get("Scale.cu", "store", "FACTOR=2");
        _queue = new LaunchQueue(_device);
        _values = new DeviceBuffer(_device, 100 * sizeof(long), "test");
        _values.Clear();
    }

    public void Dispose()
    {
        _values.Dispose();
        _queue.Dispose();
        _kernels.Dispose();
        _device.Dispose();
    }

    [CudaFact]
    public void Add_NotFlushed_RunsNothing()
    {
        AddOffset(1);

        Assert.Equal(0f, First());
    }

    [CudaFact]
    public void Flush_Nothing_DoesNothing()
    {
        for (int i = 0; i < 5; i++)
        {
            _queue.Flush();
        }

        Assert.Equal((0, 0), (_queue.CaptureCount, _queue.GraphLaunchCount));
    }

    [CudaFact]
    public void Flush_SameListThreeTimes_RunsDirectlyOnceThenAsOneGraph()
    {
        for (int i = 1; i <= 3; i++)
        {
            AddOffset(1);
            AddOffset(0.5f);
            _queue.Flush();

            Assert.Equal(1.5f * i, First());
            Assert.Equal(i - 1, _queue.GraphLaunchCount);
        }

        Assert.Equal(1, _queue.CaptureCount);
    }

    [CudaFact]
    public void Flush_ListsThatDifferInOneThing_EachRunAsTheyAre()
    {
        (CudaKernel, (int, int, int), int, int, long)[] launches =
        [
            (_store, (1, 1, 1), 32, 0, 5),
            (_store, (1, 1, 1), 32, 0, 6),
            (_store, (2, 1, 1), 32, 0, 5),
            (_store, (1, 2, 1), 32, 0, 5),
            (_store, (1, 1, 2), 32, 0, 5),
            (_store, (1, 1, 1), 16, 0, 5),
            (_store, (1, 1, 1), 32, 16, 5),
        ];
        for (int round = 0; round < 3; round++)
        {
            foreach ((CudaKernel kernel, (int X, int Y, int Z) grid, int threads, int shared, long value) in launches)
            {
                _queue.Clear(_values.Address, _values.ByteCount);
                _queue.Add(kernel, grid, threads, shared, _values.Address, Argument.Of(value), Argument.Of(0L));
                _queue.Flush();

                long[] result = new long[3];
                _values.Download<long>(result);
                Assert.Equal(grid == (1, 1, 1) ? [value, 0, 0] : [value, value, 0], result);
            }
        }

        Assert.Equal(launches.Length, _queue.CaptureCount);
        Assert.Equal(2 * launches.Length, _queue.GraphLaunchCount);
    }

    [CudaFact]
    public void Flush_ListsOfOneHash_AreToldApart()
    {
        LaunchList list = new();
        list.Add(_store, (1, 1, 1), 32, 0, [_values.Address]);
        ulong[] head = list.Words.ToArray();
        head[3] = 3UL << 32; // as it will be with three arguments
        ulong before = head.Aggregate(0UL, LaunchList.Mixed);
        long ignored = (long)(LaunchList.Mixed(before, 1) ^ LaunchList.Mixed(before, 2));

        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(1, Stored(1, 0));
            Assert.Equal(2, Stored(2, ignored));
        }

        // The first of the second list was taken for a second one, and became a graph one step early.
        Assert.Equal(2, _queue.CaptureCount);
        Assert.Equal(3 + 4, _queue.GraphLaunchCount);
    }

    [CudaFact]
    public void Flush_MoreListsThanGraphsAreKept_DropsThoseNotUsedForLongest()
    {
        const int Lists = GraphCache.Capacity + 1;
        for (int value = 0; value < Lists; value++)
        {
            Assert.Equal(value, Stored(value));
            Assert.Equal(value, Stored(value));
            Assert.Equal(0, Stored(0)); // stays in use
        }

        Assert.Equal(Lists, _queue.CaptureCount);
        Stored(0);
        Stored(Lists - 1);
        Assert.Equal(Lists, _queue.CaptureCount); // kept, both
        Assert.Equal(1, Stored(1));
        Assert.Equal(Lists + 1, _queue.CaptureCount); // was dropped
    }

    [CudaFact]
    public void Flush_ListsLongerThanTheLimit_NeverBecomeGraphs()
    {
        for (int round = 1; round <= 3; round++)
        {
            for (int i = 0; i <= LaunchQueue.LongestGraph; i++)
            {
                _queue.Clear(_values.Address, 8);
            }

            AddOffset(round);
            _queue.Flush();
            Assert.Equal(round, First());
        }

        Assert.Equal(0, _queue.GraphLaunchCount);
    }

    [CudaFact]
    public void Flush_NoRoomForAGraph_GoesOnWithoutMore()
    {
        Assert.Equal((1, 1), (Stored(1), Stored(1)));
        (long free, long total) = _device.MemoryInfo();
        EmulatedCuda.SetMemory(total - free);
        try
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(2, Stored(2));
                Assert.Equal(1, Stored(1));
            }
        }
        finally
        {
            EmulatedCuda.SetMemory(total);
        }

        Assert.Equal((1, 1 + 3), (_queue.CaptureCount, _queue.GraphLaunchCount));
    }

    [CudaFact]
    public void Flush_AfterWarmUp_AllocatesNothing()
    {
        for (int i = 0; i < 300; i++)
        {
            Step(i);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 300; i++)
        {
            Step(1000 + i);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        // A list that repeats, and one that never does.
        void Step(int value)
        {
            AddOffset(1);
            _queue.Clear(_values.Address, 16);
            AddOffset(2);
            _queue.Flush();
            AddOffset(value);
            _queue.Flush();
        }
    }

    [CudaTheory]
    [InlineData(0, 1, 1, 32, 0)]
    [InlineData(1, 0, 1, 32, 0)]
    [InlineData(1, 1, -1, 32, 0)]
    [InlineData(1, 1, 1, 0, 0)]
    [InlineData(1, 1, 1, 32, -1)]
    public void Add_LaunchThatCannotBe_IsRefused(int x, int y, int z, int threads, int shared) =>
        Assert.Throws<ArgumentException>(() => _queue.Add(_offset, (x, y, z), threads, shared));

    [CudaFact]
    public void Add_TooManyArguments_IsRefused() =>
        Assert.Throws<ArgumentException>(
            () => _queue.Add(_offset, (1, 1, 1), 32, 0, new ulong[LaunchList.MaxArguments + 1]));

    [CudaFact]
    public void Add_SharedMemoryNotReserved_IsRefusedWithSizes()
    {
        string message = Assert.Throws<ArgumentException>(
            () => _queue.Add(_offset, (1, 1, 1), 32, 50_000, _values.Address, Argument.Of(1), Argument.Of(1f))).Message;

        Assert.Equal("Kernel offset: 50000 bytes of shared memory a block, 49152 are reserved.", message);
    }

    [CudaFact]
    public void Flush_RefusedLaunch_NamesTheKernelAndForgetsTheList()
    {
        for (int i = 0; i < 3; i++)
        {
            // 2048 threads are more than any device has; the second time, the driver refuses it while it captures.
            AddOffset(1);
            _queue.Add(_offset, (1, 1, 1), 2048, 0, _values.Address, Argument.Of(1), Argument.Of(1f));
            CudaException exception = Assert.Throws<CudaException>(_queue.Flush);
            Assert.Equal("Launching offset", exception.Operation);
            Assert.False(exception.IsDeviceLost);
        }

        _queue.Clear(_values.Address, 4);
        AddOffset(4);
        _queue.Flush();
        Assert.Equal(4f, First());
        Assert.Equal(0, _queue.CaptureCount);
    }

    private void AddOffset(float delta) =>
        _queue.Add(_offset, (1, 1, 1), 32, 0, _values.Address, Argument.Of(1), Argument.Of(delta));

    private long Stored(long value, long ignored = 0)
    {
        _queue.Add(_store, (1, 1, 1), 32, 0, _values.Address, Argument.Of(value), Argument.Of(ignored));
        _queue.Flush();
        Span<long> result = stackalloc long[1];
        _values.Download(result);
        return result[0];
    }

    private float First()
    {
        Span<float> result = stackalloc float[1];
        _values.Download(result);
        return result[0];
    }
}
