using System.CommandLine;

namespace Laser.Serve.Benchmarks.Kernels;

/// <summary><c>kernels</c>: matrix products of the CPU backend against what the machine can give.</summary>
internal static class KernelsCommand
{
    public static Command Create()
    {
        var seconds = new Option<double>("--seconds")
        {
            Description = "Time that each cell of the table takes, all ways together.",
            DefaultValueFactory = _ => 2,
        };
        var shapes = new Option<string?>("--shape") { Description = "Only shapes whose name contains this." };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads that compute.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var cpuTime = new Option<bool>("--cpu-time")
        {
            Description = "One thread, timed by its processor time: for a machine that others use meanwhile.",
        };
        var output = new Option<FileInfo?>("--output", "-o") { Description = "Also writes the result to a file." };
        var command = new Command("kernels", "Measures matrix products against read bandwidth and arithmetic peak.")
        {
            seconds, shapes, threads, cpuTime, output,
        };
        command.SetAction(result =>
        {
            bool alone = result.GetValue(cpuTime);
            var benchmark = new KernelsBenchmark(
                alone ? new ThreadCpuTime() : TimeProvider.System,
                alone ? 1 : result.GetValue(threads),
                result.GetValue(seconds),
                result.GetValue(shapes) ?? "");
            string report = benchmark.Run();
            Console.Write(report);
            if (result.GetValue(output) is FileInfo file)
            {
                File.WriteAllText(file.FullName, report);
            }
        });
        return command;
    }
}
