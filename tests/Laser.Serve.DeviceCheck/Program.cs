using System.CommandLine;
using Laser.Serve.DeviceCheck;

var root = new RootCommand("Says what CUDA device there is, and runs tests on it where there is no SDK.")
{
    DeviceCommand.Create(),
    TestCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
