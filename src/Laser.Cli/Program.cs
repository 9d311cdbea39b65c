using System.CommandLine;
using Laser.Cli.Commands;

var root = new RootCommand("Serves LASER-attention language models and talks to them.")
{
    BenchCommand.Create(),
    ConvertCommand.Create(),
    DemoCommand.Create(),
    GenerateCommand.Create(),
    HashKeyCommand.Create(),
    HealthCommand.Create(),
    ModelCommand.Create(),
    SimulateCommand.Create(),
};

// After Ctrl-C a bench prints and writes the figures it has.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) };
return await root.Parse(args).InvokeAsync(configuration);
