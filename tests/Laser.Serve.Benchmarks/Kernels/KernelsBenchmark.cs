using System.Globalization;
using System.Text;
using Laser.Serve.Cpu;

namespace Laser.Serve.Benchmarks.Kernels;

/// <summary>
/// All ways to multiply take turns, and the roofs with them, so that noise falls on all alike. Every product goes by
/// another copy of the matrix, from memory.
/// </summary>
internal sealed class KernelsBenchmark(TimeProvider time, int threads, double secondsPerCell, string filter)
{
    private static readonly int[] RowCounts = [1, 8, 16, 64, 512];

    // Outputs and inputs of the matrices of a model of 110 M parameters (width 768) and one of 1.1 G (width 2048).
    private static readonly (string Name, int Outputs, int Inputs)[] Shapes =
    [
        ("A qkv", 2304, 768),
        ("A gate+up", 4096, 768),
        ("A down", 768, 2048),
        ("A head", 32000, 768),
        ("B qkv", 2560, 2048),
        ("B gate+up", 11264, 2048),
        ("B down", 2048, 5632),
        ("B head", 32000, 2048),
    ];

    /// <summary>Measures and reports.</summary>
    public string Run()
    {
        using var roof = new Roof(time, threads);
        var report = new StringBuilder();
        report.Append(KernelsText.Head(time, threads));
        foreach ((string name, int outputs, int inputs) in Shapes.Where(shape => shape.Name.Contains(filter)))
        {
            Console.Error.WriteLine(name);
            KernelMode[] modes = [.. Modes(outputs, inputs)];
            foreach (int rows in RowCounts)
            {
                (double read, double multiply) = Measure(modes, rows, roof);
                string shape = string.Create(CultureInfo.InvariantCulture, $"{name} {outputs} x {inputs}");
                report.AppendLine(KernelsText.Row(shape, rows, 2.0 * rows * outputs * inputs, modes, read, multiply));
            }

            Array.ForEach(modes, mode => mode.Dispose());
        }

        return report.ToString();
    }

    private IEnumerable<KernelMode> Modes(int outputs, int inputs)
    {
        int most = RowCounts.Max();
        var options = new CpuOptions { ThreadCount = threads, BFloat16Dot = BFloat16DotProduct.Off };
        yield return new KernelMode("FMA", options, outputs, inputs, most);
        yield return new KernelMode(
            "dot", options with { BFloat16Dot = BFloat16DotProduct.Require }, outputs, inputs, most);
        yield return new KernelMode("int8", options with { Int8Weights = true }, outputs, inputs, most);
    }

    // Bytes and operations per second that the machine gave meanwhile, at best.
    private (double Read, double Multiply) Measure(KernelMode[] modes, int rows, Roof roof)
    {
        double read = 0;
        double multiply = 0;
        for (int warm = 0; warm < 3; warm++)
        {
            Array.ForEach(modes, mode => mode.Run(time, rows));
        }

        Array.ForEach(modes, mode => mode.Reset());
        long start = time.GetTimestamp();
        for (int round = 0; round < 5 || time.GetElapsedTime(start).TotalSeconds < secondsPerCell; round++)
        {
            Array.ForEach(modes, mode => mode.Run(time, rows));
            if (round % 16 == 0)
            {
                read = Math.Max(read, roof.ReadRate());
                multiply = Math.Max(multiply, roof.MultiplyRate());
            }
        }

        return (read, multiply);
    }
}
