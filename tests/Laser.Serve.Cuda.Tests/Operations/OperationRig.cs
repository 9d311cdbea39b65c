using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Launching;
using Laser.Serve.Cuda.Memory;

namespace Laser.Serve.Cuda.Tests.Operations;

/// <summary>
/// A device with its kernels and a queue; runs single operations on host arrays. Behind the rows of every tensor stand
/// others: NaN where they are read, so that a use of them shows, and numbers that must stay where they are written.
/// </summary>
internal sealed class OperationRig : IDisposable
{
    private const int SpareRows = 2;
    private const float Untouched = 12345;

    private readonly List<IDisposable> _owned = [];

    public OperationRig()
    {
        Device = TestDevice.Open();
        Kernels = new KernelLibrary(Device, null, TestBackend.Sources);
        Queue = new LaunchQueue(Device);
    }

    public CudaDevice Device { get; }

    public KernelLibrary Kernels { get; }

    public LaunchQueue Queue { get; }

    /// <summary>A tensor of these rows and of NaN behind them, until the rig goes.</summary>
    public CudaTensor Upload(float[] values, int columns) => Tensor(values, columns, float.NaN);

    /// <summary>Device address of these numbers, until the rig goes.</summary>
    public ulong Upload(int[] numbers)
    {
        DeviceBuffer buffer = Own(new DeviceBuffer(Device, numbers.Length * sizeof(int), "numbers"));
        buffer.Upload<int>(numbers);
        return buffer.Address;
    }

    /// <summary>What an operation writes to the first rows of a tensor.</summary>
    public float[] Run(int rows, int columns, Action<CudaTensor> operation)
    {
        float[] values = new float[rows * columns];
        values.AsSpan().Fill(float.NaN);
        return RunInPlace(values, columns, operation);
    }

    /// <summary>What an operation makes of the first rows of a tensor.</summary>
    public float[] RunInPlace(float[] values, int columns, Action<CudaTensor> operation)
    {
        CudaTensor tensor = Tensor(values, columns, Untouched);
        operation(tensor);
        Queue.Flush();
        float[] result = new float[values.Length + (SpareRows * columns)];
        tensor.Buffer.Download<float>(result);
        Assert.Equal(-1, result.AsSpan(values.Length).IndexOfAnyExcept(Untouched));
        return result[..values.Length];
    }

    public T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    public void Dispose()
    {
        foreach (IDisposable item in _owned)
        {
            item.Dispose();
        }

        Queue.Dispose();
        Kernels.Dispose();
        Device.Dispose();
    }

    private CudaTensor Tensor(float[] values, int columns, float spare)
    {
        float[] all = new float[values.Length + (SpareRows * columns)];
        all.AsSpan().Fill(spare);
        values.CopyTo(all, 0);
        CudaTensor tensor = Own(new CudaTensor(Device, all.Length / columns, columns));
        tensor.Buffer.Upload<float>(all);
        return tensor;
    }
}
