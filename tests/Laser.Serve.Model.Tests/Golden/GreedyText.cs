using Laser.Serve.Compute;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>The likeliest next tokens of a text.</summary>
/// <param name="Tokens">Tokens behind the prompt.</param>
/// <param name="Logits">What each of them was taken from, <c>[vocabulary]</c>.</param>
internal sealed record GreedyText(List<int> Tokens, List<float[]> Logits)
{
    /// <summary>Continues prompts side by side, a token of each a step.</summary>
    public static GreedyText[] Generate(string folder, int[][] prompts, int count, IBackend backend, DataType cacheType)
    {
        ModelConfig config = ModelConfig.Load(folder);
        using var session = new ModelSession(
            folder, config, prompts.Length, prompts.Sum(prompt => prompt.Length), backend, cacheType);
        GreedyText[] texts = [.. prompts.Select(_ => new GreedyText([], []))];
        int[][] next = prompts;
        for (int step = 0; step < count; step++)
        {
            float[] logits = session.Step([.. next.Select((tokens, sequence) => (sequence, tokens))]);
            int rows = 0;
            for (int i = 0; i < texts.Length; i++)
            {
                rows += next[i].Length;
                texts[i].Add(logits.AsSpan((rows - 1) * config.VocabularySize, config.VocabularySize));
            }

            next = [.. texts.Select(text => new[] { text.Tokens[^1] })];
        }

        return texts;
    }

    private void Add(ReadOnlySpan<float> logits)
    {
        Logits.Add(logits.ToArray());
        Tokens.Add(Array.IndexOf(Logits[^1], Logits[^1].Max()));
    }
}
