using System.Text;

namespace Laser.Serve.Engine.Output;

/// <summary>
/// The stop strings of a request as UTF-8, ready to be looked for. Immutable; the engine and the reader of a request
/// share it.
/// </summary>
internal sealed class StopStrings
{
    private readonly string[] _texts;
    private readonly Pattern[] _patterns;

    /// <summary>Prepares the strings; empty ones match nothing and are left out.</summary>
    public StopStrings(IEnumerable<string> texts)
    {
        _texts = [.. texts.Where(text => text.Length > 0)];
        _patterns = [.. _texts.Select(text => new Pattern(Encoding.UTF8.GetBytes(text)))];
    }

    public int Count => _patterns.Length;

    public string Text(int index) => _texts[index];

    public Pattern this[int index] => _patterns[index];

    /// <summary>One string with its Knuth-Morris-Pratt table.</summary>
    internal sealed class Pattern
    {
        private readonly byte[] _bytes;
        private readonly int[] _borders;

        public Pattern(byte[] bytes)
        {
            _bytes = bytes;
            _borders = new int[bytes.Length];
            for (int i = 1; i < bytes.Length; i++)
            {
                _borders[i] = Advance(_borders[i - 1], bytes[i]);
            }
        }

        public int Length => _bytes.Length;

        /// <summary>How many bytes of the pattern the text ends with, after one more byte.</summary>
        /// <param name="matched">How many it ended with before; less than <see cref="Length"/>.</param>
        /// <param name="next">The byte.</param>
        public int Advance(int matched, byte next)
        {
            while (matched > 0 && _bytes[matched] != next)
            {
                matched = _borders[matched - 1];
            }

            return _bytes[matched] == next ? matched + 1 : 0;
        }
    }
}
