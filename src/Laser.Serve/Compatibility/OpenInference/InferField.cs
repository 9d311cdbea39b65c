namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>A name that a tensor or a parameter of a request can have.</summary>
/// <param name="Names">The name, and others for the same.</param>
/// <param name="Native">The native field it becomes; for one that steers the call its own name, or none.</param>
/// <param name="Datatype">Its type in the metadata; what else is taken is up to <paramref name="Apply"/>.</param>
/// <param name="Size">Its elements in the metadata: 1, or -1 for any number.</param>
/// <param name="Apply">Puts a value where it belongs.</param>
/// <param name="IsTensor">Whether it can come as a tensor.</param>
/// <param name="IsParameter">Whether it can come as a parameter.</param>
internal sealed record InferField(
    string[] Names,
    string Native,
    string Datatype,
    long Size,
    Action<InferCall, InferValue> Apply,
    bool IsTensor = true,
    bool IsParameter = true)
{
    /// <summary>The name in the metadata.</summary>
    public string Name => Names[0];
}
