using System.CommandLine;
using Laser.Serve.Benchmarks.Transport;

var root = new RootCommand("Benchmarks of Laser.Serve. Results lie beside them, in results/.")
{
    TransportBenchmark.Create(),
    TransportServer.Create(),
};
return await root.Parse(args).InvokeAsync();
