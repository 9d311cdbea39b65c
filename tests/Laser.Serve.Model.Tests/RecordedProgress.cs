using Laser.Serve.Model.Loading;

namespace Laser.Serve.Model.Tests;

/// <summary>Keeps all reports.</summary>
internal sealed class RecordedProgress : IProgress<LoadProgress>
{
    public List<LoadProgress> Reports { get; } = [];

    public void Report(LoadProgress value) => Reports.Add(value);
}
