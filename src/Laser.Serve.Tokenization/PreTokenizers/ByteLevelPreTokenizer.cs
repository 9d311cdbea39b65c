using System.Text;
using Laser.Serve.Tokenization.Decoders;
using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>
/// Writes each UTF-8 byte of a text as a character of <see cref="ByteAlphabet"/>; before that, if asked to, puts a
/// space before a text and cuts it into words as GPT-2 did.
/// </summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    /// <summary>The pattern of GPT-2.</summary>
    private const string WordPattern =
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly SplitPreTokenizer? _words =
        useRegex ? new SplitPreTokenizer(new RegexPattern(WordPattern), DelimiterBehavior.Isolated) : null;

    public void Split(Piece piece, List<Piece> output)
    {
        if (addPrefixSpace && piece.Text.Span[0] != ' ')
        {
            piece = piece with { Text = $" {piece.Text}".AsMemory() };
        }

        int first = output.Count;
        if (_words is null)
        {
            output.Add(piece);
        }
        else
        {
            _words.Split(piece, output);
        }

        WriteAsBytes(output, first, Encoding.UTF8.GetByteCount(piece.Text.Span));
    }

    // One array for all the words; each word becomes a part of it.
    private static void WriteAsBytes(List<Piece> pieces, int first, int byteCount)
    {
        char[] buffer = new char[byteCount];
        int length = 0;
        Span<byte> utf8 = stackalloc byte[4];
        for (int i = first; i < pieces.Count; i++)
        {
            int start = length;
            foreach (Rune rune in pieces[i].Text.Span.EnumerateRunes())
            {
                int count = rune.EncodeToUtf8(utf8);
                foreach (byte value in utf8[..count])
                {
                    buffer[length++] = ByteAlphabet.ToChar(value);
                }
            }

            pieces[i] = pieces[i] with { Text = buffer.AsMemory(start, length - start) };
        }
    }
}
