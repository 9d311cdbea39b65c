namespace Laser.Grpc.Tests.Hosting;

/// <summary>A test of what our layer does otherwise than the packages, against which it is skipped with the difference.</summary>
public sealed class OwnLayerFactAttribute : FactAttribute
{
    /// <param name="difference">What the packages do.</param>
    public OwnLayerFactAttribute(string difference)
    {
        Difference = difference;
        Skip = TestedLayer.IsOurs ? null : difference;
    }

    public string Difference { get; }
}
