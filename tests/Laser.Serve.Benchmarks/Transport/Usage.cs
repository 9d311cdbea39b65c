using System.Globalization;

namespace Laser.Serve.Benchmarks.Transport;

/// <summary>What a process has used since its start.</summary>
/// <param name="CpuMicroseconds">Processor time of all its threads.</param>
/// <param name="AllocatedBytes">Managed memory, freed or not.</param>
internal readonly record struct Usage(double CpuMicroseconds, double AllocatedBytes)
{
    public static Usage OfThisProcess() =>
        new(Environment.CpuUsage.TotalTime.TotalMicroseconds, GC.GetTotalAllocatedBytes(precise: true));

    public static Usage Parse(string line)
    {
        string[] parts = line.Split(' ');
        return new Usage(
            double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{CpuMicroseconds} {AllocatedBytes}");
}
