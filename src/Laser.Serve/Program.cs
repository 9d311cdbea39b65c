using Laser.Serve.Hosting;

try
{
    await using WebApplication server = LaserServer.Build(args);
    await server.RunAsync();
    return Environment.ExitCode;
}
catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or IOException)
{
    // A setting that makes no sense, or a port that is taken: for the operator, in one line.
    await Console.Error.WriteLineAsync($"Cannot start: {e.Message}");
    return 1;
}
