namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>A tensor that an answer can carry.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its type.</param>
/// <param name="Size">Its elements in the metadata: 1, or -1 for any number.</param>
/// <param name="Values">Its elements in one answer, of the array type that fits <paramref name="Datatype"/>.</param>
internal sealed record InferOutput(string Name, string Datatype, long Size, Func<InferPiece, Array> Values);
