using System.CommandLine;

var root = new RootCommand("Benchmarks of Laser.Serve. Results lie beside them, in results/.")
{
    // One line for each benchmark.
};
return await root.Parse(args).InvokeAsync();
