using Grpc.Core;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>What the tests run against: our layer or, built with UseUpstreamPackages, the packages.</summary>
internal static class TestedLayer
{
    public static bool IsOurs { get; } = typeof(Status).Assembly.GetName().Name == "Laser.Grpc";

    /// <summary>What is expected where the two are known to differ.</summary>
    public static T Choose<T>(T ours, T packages) => IsOurs ? ours : packages;
}
