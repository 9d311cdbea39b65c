namespace Laser.Serve.FunctionalTests.Metrics;

/// <summary>
/// A test that needs Prometheus (Debian's package <c>prometheus</c>, which has promtool too). Where it is not there the test is
/// skipped with the reason; where the environment says <c>CI=true</c> it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && !(IsThere("promtool") && IsThere("prometheus")))
        {
            Skip = "Prometheus is not there; install Debian's package prometheus.";
        }
    }

    private static bool IsThere(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
