using System.Text;
using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>
/// Runs of word characters and runs of what is neither word nor white space: Rust's <c>\w+|[^\w\s]+</c>.
/// </summary>
internal sealed class WhitespacePreTokenizer : IPreTokenizer
{
    private enum Kind
    {
        Space,
        Word,
        Other,
    }

    public void Split(Piece piece, List<Piece> output)
    {
        int start = 0;
        int position = 0;
        Kind kindBefore = Kind.Space;
        foreach (Rune rune in piece.Text.Span.EnumerateRunes())
        {
            Kind kind = KindOf(rune);
            if (kind != kindBefore)
            {
                Add(piece, start, position, kindBefore, output);
                start = position;
            }

            kindBefore = kind;
            position += rune.Utf16SequenceLength;
        }

        Add(piece, start, position, kindBefore, output);
    }

    private static Kind KindOf(Rune rune)
    {
        return CharacterClasses.Word.Contains(rune.Value) ? Kind.Word
            : CharacterClasses.WhiteSpace.Contains(rune.Value) ? Kind.Space
            : Kind.Other;
    }

    private static void Add(Piece piece, int start, int end, Kind kind, List<Piece> output)
    {
        if (kind != Kind.Space && start < end)
        {
            output.Add(piece.Slice(start, end));
        }
    }
}
