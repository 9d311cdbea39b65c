namespace Laser.Serve.Engine.Output;

/// <summary>
/// Looks for stop strings in bytes as they come. The match that is complete first ends the text; of several that are
/// complete with the same byte, the longest. Byte by byte, so that it does not matter how the text is cut into tokens
/// or read in portions: the engine, which decides when to stop, and the reader, who cuts the text, find the same match.
/// </summary>
/// <param name="stops">The strings.</param>
/// <param name="skippedTokens">Tokens at the beginning in whose bytes nothing is looked for.</param>
internal sealed class StopMatcher(StopStrings stops, int skippedTokens)
{
    private readonly int[] _matched = new int[stops.Count];
    private int _tokensLeft = skippedTokens;

    /// <summary>Index of the stop string found, or null as long as there is none.</summary>
    public int? Match { get; private set; }

    /// <summary>Bytes at the end of the text that are a stop string (after a match) or may still become one.</summary>
    public int HeldBack { get; private set; }

    /// <summary>Reads the bytes of the next token, up to the first match at most.</summary>
    /// <returns>How many bytes were read.</returns>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        if (_matched.Length == 0 || _tokensLeft > 0)
        {
            _tokensLeft--;
            return bytes.Length;
        }

        int read = 0;
        while (read < bytes.Length && Match is null)
        {
            ReadByte(bytes[read++]);
        }

        return read;
    }

    private void ReadByte(byte next)
    {
        HeldBack = 0;
        for (int i = 0; i < _matched.Length; i++)
        {
            StopStrings.Pattern pattern = stops[i];
            _matched[i] = pattern.Advance(_matched[i], next);
            if (_matched[i] == pattern.Length && (Match is not int found || pattern.Length > stops[found].Length))
            {
                Match = i;
            }

            HeldBack = Math.Max(HeldBack, _matched[i]);
        }

        if (Match is int match)
        {
            HeldBack = stops[match].Length;
        }
    }
}
