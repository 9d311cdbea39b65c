using System.CommandLine;
using Laser.Serve.Benchmarks;

var root = new RootCommand("Benchmarks of Laser.Serve. Results lie beside them, in results/.")
{
    // One line for each benchmark.
    StructuredOutputBenchmark.Create(),
};
return await root.Parse(args).InvokeAsync();
