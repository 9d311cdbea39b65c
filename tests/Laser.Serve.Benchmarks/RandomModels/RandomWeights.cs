using Laser.Serve.Compute;
using Laser.Serve.Model;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>
/// bf16 weights that nobody trained, for a model in memory. Columns have the usual size, so that what comes out of a
/// matrix is about as large as what goes in.
/// </summary>
internal static class RandomWeights
{
    public static ModelWeights Create(ModelConfig config)
    {
        int width = config.HiddenSize;
        int queries = config.Attention.QueryColumns;
        int keys = config.Attention.KvColumns;
        return new ModelWeights
        {
            Embedding = new RandomTensor("embedding", config.VocabularySize, width, deviation: 0.5),
            FinalNorm = Norm(width),
            Layers = [.. Enumerable.Range(0, config.LayerCount).Select(layer => new LayerWeights
            {
                InputNorm = Norm(width),
                Query = Linear($"{layer} query", queries, width),
                Key = Linear($"{layer} key", keys, width),
                Value = Linear($"{layer} value", keys, width),
                Output = Linear($"{layer} output", width, queries),
                PostAttentionNorm = Norm(width),
                Gate = Linear($"{layer} gate", config.IntermediateSize, width),
                Up = Linear($"{layer} up", config.IntermediateSize, width),
                Down = Linear($"{layer} down", width, config.IntermediateSize),
            })],
        };
    }

    private static LinearWeights Linear(string name, int rows, int columns) =>
        new(new RandomTensor(name, rows, columns, 1 / Math.Sqrt(columns)));

    private static ArrayTensor Norm(int width) => new("norm", [.. Enumerable.Repeat(1f, width)], 1, width);
}
