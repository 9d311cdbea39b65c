using System.Globalization;

namespace Laser.Serve.Benchmarks.Speed;

/// <summary>
/// Something whose speed is measured: <c>decode:BATCH:CONTEXT:STEPS</c>, <c>decode:BATCH:CONTEXT:STEPS:drawn</c> or
/// <c>prefill:TOKENS:TIMES</c>. The programs of <c>peers/</c> read the first and the last as well.
/// </summary>
/// <param name="IsDecode">Steps of sequences that generate, or a prompt.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Tokens">Tokens of the prompt of each.</param>
/// <param name="Count">Steps, or prompts one after the other.</param>
/// <param name="IsDrawn">Temperature and top-p instead of the likeliest token.</param>
internal sealed record SpeedCase(bool IsDecode, int Batch, int Tokens, int Count, bool IsDrawn)
{
    /// <summary>Its name in results, the same for all programs.</summary>
    public string Key => IsDecode ? $"decode {Batch} {Tokens}{(IsDrawn ? " drawn" : "")}" : $"prefill {Tokens}";

    /// <exception cref="ArgumentException">It is none of the three.</exception>
    public static SpeedCase Parse(string text)
    {
        string[] parts = text.Split(':');
        return parts switch
        {
            ["decode", string batch, string tokens, string steps] =>
                new(true, Number(batch), Number(tokens), Number(steps), IsDrawn: false),
            ["decode", string batch, string tokens, string steps, "drawn"] =>
                new(true, Number(batch), Number(tokens), Number(steps), IsDrawn: true),
            ["prefill", string tokens, string times] =>
                new(false, Batch: 1, Number(tokens), Number(times), IsDrawn: false),
            _ => throw Wrong(),
        };

        int Number(string part) =>
            int.TryParse(part, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : throw Wrong();

        ArgumentException Wrong() =>
            new($"'{text}' is neither decode:BATCH:CONTEXT:STEPS[:drawn] nor prefill:TOKENS:TIMES.");
    }
}
