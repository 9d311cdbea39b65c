using System.CommandLine;
using Laser.Serve.Benchmarks.Sampling;

var root = new RootCommand("Benchmarks of Laser.Serve. Results lie beside them, in results/.")
{
    // One line for each benchmark.
    SamplingCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
