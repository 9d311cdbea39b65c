using Laser.Serve.Cpu.Linear;

namespace Laser.Serve.Cpu.Packed;

/// <summary>A matrix in a file of packed weights.</summary>
/// <param name="Name">That of its first part in the checkpoint.</param>
/// <param name="Format">How weights are kept.</param>
/// <param name="OutputFeatures">Its rows.</param>
/// <param name="InputFeatures">Its columns.</param>
/// <param name="Offset">Where its panels begin in the file, on a page.</param>
/// <param name="Sha256">Of its panels, in hexadecimal.</param>
internal sealed record PackedEntry(
    string Name, WeightFormat Format, int OutputFeatures, int InputFeatures, long Offset, string Sha256)
{
    /// <summary>Whether it is the matrix that is asked for.</summary>
    public bool Is(string name, WeightFormat format, int outputFeatures, int inputFeatures) =>
        (Name, Format, OutputFeatures, InputFeatures) == (name, format, outputFeatures, inputFeatures);
}
