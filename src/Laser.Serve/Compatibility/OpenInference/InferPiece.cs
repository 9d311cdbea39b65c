namespace Laser.Serve.Compatibility.OpenInference;

/// <summary>What one answer tells: a piece of the text, or all of it.</summary>
/// <param name="Text">The text.</param>
/// <param name="TokenIds">Its tokens.</param>
/// <param name="Logprobs">One for each of them, where asked for.</param>
/// <param name="Finish">Set on the last piece.</param>
internal sealed record InferPiece(
    string Text, IReadOnlyList<uint> TokenIds, IReadOnlyList<V1.TokenLogprob> Logprobs, V1.Finish? Finish)
{
    /// <summary>A message of a stream. An echoed prompt goes ahead of its text.</summary>
    public static InferPiece From(V1.GenerateResponse response) =>
        new(response.Prompt?.Text + response.Text, response.TokenIds, response.Logprobs, response.Finish);

    /// <summary>The one message of a unary call.</summary>
    public static InferPiece From(V1.GenerateOnceResponse response)
    {
        V1.GeneratedSequence sequence = response.Sequences[0];
        return new(response.Prompt?.Text + sequence.Text, sequence.TokenIds, sequence.Logprobs, sequence.Finish);
    }
}
