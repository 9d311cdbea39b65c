namespace Laser.Grpc.Tests.Interop;

/// <summary>Where the scripts are.</summary>
internal static class TestFiles
{
    private static readonly string ProjectDirectory = Path.Combine(FindRoot(), "tests", "Laser.Grpc.Tests");

    /// <summary>The system's Python where there is one: it is the one that sees the distribution's grpcio.</summary>
    public static string Python { get; } = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    public static string Proto(string name) => Path.Combine(ProjectDirectory, "Protos", name);

    public static string InteropDirectory(string language) => Path.Combine(ProjectDirectory, "Interop", language);

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Laser.Serve.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
