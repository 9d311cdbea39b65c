namespace Laser.Grpc.Tests.Hosting;

/// <summary>A theory of what our layer does otherwise than the packages, against which it is skipped with the difference.</summary>
public sealed class OwnLayerTheoryAttribute : TheoryAttribute
{
    /// <param name="difference">What the packages do.</param>
    public OwnLayerTheoryAttribute(string difference)
    {
        Difference = difference;
        Skip = TestedLayer.IsOurs ? null : difference;
    }

    public string Difference { get; }
}
