namespace Laser.Serve.Testing.Reference;

/// <summary>A value cache of one sequence and one kv head, driven with ready-made scores.</summary>
public interface IValueCache
{
    /// <summary>Adds the values of the next token; false if one of them is NaN, infinite or beyond 2^20.</summary>
    bool TryAppend(ReadOnlySpan<float> values);

    /// <summary>
    /// Attends over the first <c>scores.Length</c> tokens. Correct use appends a row and attends it before the next is
    /// appended; a test that appends further rows first plants the mistake of letting later rows choose the shift of
    /// earlier ones.
    /// </summary>
    void Attend(ReadOnlySpan<float> scores, Span<float> output);
}
