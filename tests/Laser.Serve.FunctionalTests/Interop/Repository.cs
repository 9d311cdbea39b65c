namespace Laser.Serve.FunctionalTests.Interop;

/// <summary>Where the repository that this was built from has its files.</summary>
internal static class Repository
{
    public static string Protos { get; } = Path.Combine(Root(), "protos");

    public static string NodePackages { get; } = Path.Combine(Root(), "tests", "Laser.Grpc.Tests", "Interop", "node");

    public static string NodeScripts { get; } =
        Path.Combine(Root(), "tests", "Laser.Serve.FunctionalTests", "Interop", "node");

    public static string MetricsTable { get; } = Path.Combine(Root(), "src", "Laser.Serve", "Metrics", "README.md");

    /// <summary>Rules and alerts; the folder may not be there.</summary>
    public static string PrometheusRules { get; } = Path.Combine(Root(), "deploy", "prometheus");

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Laser.Serve.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
