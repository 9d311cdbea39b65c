namespace Laser.Serve.Engine.Tests.Fakes;

/// <summary>
/// Logits of a model that repeats itself more often than not: of an alphabet of <see cref="Letters"/> tokens, the last
/// two say which is likely to come next, but now and then the whole context says otherwise.
/// </summary>
internal static class RepeatingText
{
    public const int FirstLetter = 65;
    public const int Letters = 6;

    public static void Logits(int[] context, Span<float> logits)
    {
        uint all = Hash(context);
        uint last = Hash(context.AsSpan(Math.Max(0, context.Length - 2)));
        logits.Fill(-3);
        for (int i = 0; i < Letters; i++)
        {
            logits[FirstLetter + i] = (last >> (4 * i) & 3) * 0.5f;
        }

        logits[FirstLetter + (int)((all % 5 == 0 ? all / 5 : last) % Letters)] = 5 + (all % 1000 * 0.001f);
    }

    /// <summary>Letters, as many as wanted.</summary>
    public static int[] Prompt(Random random, int length) =>
        [.. Enumerable.Range(0, length).Select(_ => FirstLetter + random.Next(Letters))];

    private static uint Hash(ReadOnlySpan<int> tokens)
    {
        uint hash = 2166136261;
        foreach (int token in tokens)
        {
            hash = (hash ^ (uint)token) * 16777619;
        }

        return hash ^ (hash >> 15);
    }
}
