using System.CommandLine;
using Laser.Serve.Benchmarks;
using Laser.Serve.Benchmarks.Kernels;
using Laser.Serve.Benchmarks.Overhead;
using Laser.Serve.Benchmarks.Quantization;
using Laser.Serve.Benchmarks.RandomModels;
using Laser.Serve.Benchmarks.Ratios;
using Laser.Serve.Benchmarks.Sampling;
using Laser.Serve.Benchmarks.Scheduling;
using Laser.Serve.Benchmarks.Soak;
using Laser.Serve.Benchmarks.Speculation;
using Laser.Serve.Benchmarks.Speed;
using Laser.Serve.Benchmarks.Streams;
using Laser.Serve.Benchmarks.Transport;

var root = new RootCommand("Benchmarks of Laser.Serve. Results lie beside them, in results/.")
{
    KernelsCommand.Create(),
    EngineSpeedCommand.Create(),
    LoadCommand.Create(),
    OverheadCommand.Create(),
    PeerRatiosCommand.Create(),
    RandomCheckpointCommand.Create(),
    PrefillStormBenchmark.Create(),
    PrefixBenchmark.Create(),
    QuantizationCommand.Create(),
    SamplingCommand.Create(),
    SoakCommand.Create(),
    SpeculationCommand.Create(),
    StreamsBenchmark.Create(),
    StructuredOutputBenchmark.Create(),
    TransportBenchmark.Create(),
    TransportServer.Create(),
};
return await root.Parse(args).InvokeAsync();
