using Laser.Serve.Compute;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>A tensor of a random checkpoint.</summary>
/// <param name="Name">Its name in Hugging Face layout.</param>
/// <param name="GgufName">Its name in GGUF.</param>
/// <param name="Rows">Output features; 1 for a vector.</param>
/// <param name="Columns">Input features.</param>
/// <param name="Deviation">Standard deviation of the values; 0 makes all of them one (norm weights).</param>
internal sealed record PeerTensor(string Name, string GgufName, int Rows, int Columns, double Deviation)
{
    public bool IsVector => Deviation == 0;

    public long Count => (long)Rows * Columns;

    /// <summary>The values: the same ones whenever it is called.</summary>
    public HostTensor Create()
    {
        if (!IsVector)
        {
            return new RandomTensor(Name, Rows, Columns, Deviation);
        }

        var ones = new float[Columns];
        Array.Fill(ones, 1);
        return new ArrayTensor(Name, ones, 1, Columns);
    }
}
