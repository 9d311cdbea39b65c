using Laser.Serve.Compute;
using Laser.Serve.Cpu;

namespace Laser.Serve.Benchmarks.Kernels;

/// <summary>One way to multiply, with copies of a matrix, so many that they miss the caches when taken in turn.</summary>
internal sealed class KernelMode : IDisposable
{
    private const long LeastBytes = 96L << 20;

    private readonly CpuBackend _backend;
    private readonly ForwardBatch _batch;
    private readonly DeviceTensor _input;
    private readonly DeviceTensor _output;
    private readonly DeviceMatrix[] _copies;
    private readonly List<double> _seconds = [];
    private int _next;

    public KernelMode(string name, CpuOptions options, int outputs, int inputs, int mostRows)
    {
        Name = name;
        _backend = new CpuBackend(options);
        var weights = new RandomMatrix(outputs, inputs);
        DeviceMatrix first = _backend.LoadMatrix(weights);
        long count = Math.Max(1, (LeastBytes + first.ByteSize - 1) / first.ByteSize);
        _copies = [first, .. Enumerable.Range(1, (int)count - 1).Select(_ => _backend.LoadMatrix(weights))];
        var x = new float[mostRows * inputs];
        var random = new Random(1);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = random.NextSingle() - 0.5f;
        }

        _input = _backend.LoadTable(new ArrayTensor("input", x, mostRows, inputs));
        _output = _backend.CreateTensor(mostRows, outputs);
        _batch = new ForwardBatch(1, 1, 1);
    }

    public string Name { get; }

    /// <summary>Bytes of one copy.</summary>
    public long ByteSize => _copies[0].ByteSize;

    public double Median => Figures.Median(_seconds);

    public double Best => _seconds.Min();

    /// <summary>Multiplies by the next copy.</summary>
    public void Run(TimeProvider time, int rows)
    {
        _backend.BeginStep(_batch);
        long start = time.GetTimestamp();
        _backend.Linear(_input, rows, _copies[_next], null, _output);
        _seconds.Add(time.GetElapsedTime(start).TotalSeconds);
        _backend.EndStep([]);
        _next = (_next + 1) % _copies.Length;
    }

    /// <summary>Forgets what was measured.</summary>
    public void Reset() => _seconds.Clear();

    public void Dispose()
    {
        foreach (DeviceMatrix copy in _copies)
        {
            copy.Dispose();
        }

        _input.Dispose();
        _output.Dispose();
        _backend.Dispose();
    }
}
