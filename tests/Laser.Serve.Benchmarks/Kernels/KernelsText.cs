using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Laser.Serve.Benchmarks.Kernels;

/// <summary>The report of <see cref="KernelsBenchmark"/>.</summary>
internal static class KernelsText
{
    public static string Head(TimeProvider time, int threads)
    {
        var head = new StringBuilder();
        head.AppendLine("# Matrix products").AppendLine();
        string running = time is ThreadCpuTime ? "processor time of one thread" : $"threads: {threads}";
        head.Append(Invariant($"{time.GetUtcNow():yyyy-MM-dd}, {Machine.Processor}, {running}, "));
        head.AppendLine(Invariant($"{RuntimeInformation.FrameworkDescription}."));
        head.AppendLine("""
            One row (a token): GB/s of weights, against the read bandwidth. More: GFLOP/s, against the peak of fp32 FMA (that
            of the bf16 dot product is twice as high). Median, then in brackets the best and its share of the roof; all ways,
            and the roofs, take turns in one process, and every product takes another copy of the matrix, from memory.

            | matrix | rows | FMA, bf16 weights | bf16 dot | int8 weights | roof |
            |---|---:|---:|---:|---:|---:|
            """);
        return head.ToString();
    }

    public static string Row(
        string shape, int rows, double operations, KernelMode[] modes, double read, double multiply)
    {
        var row = new StringBuilder(Invariant($"| {shape} | {rows} "));
        foreach (KernelMode mode in modes)
        {
            row.Append(rows == 1
                ? Cell(mode.ByteSize, mode, read)
                : Cell(operations, mode, multiply));
        }

        return row.Append(Invariant($"| {(rows == 1 ? read : multiply) / 1e9:F0} |")).ToString();
    }

    private static string Cell(double amount, KernelMode mode, double roof) => Invariant(
        $"| {amount / mode.Median / 1e9:F0} ({amount / mode.Best / 1e9:F0}, {amount / mode.Best / roof:P0}) ");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
