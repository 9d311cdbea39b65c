using System.Text;

namespace Laser.Serve.Tokenization.Models;

/// <summary>What becomes of characters that the vocabulary lacks.</summary>
/// <param name="Token">Stands for them; null: they are left out.</param>
/// <param name="Fuse">Whether one token stands for several in a row.</param>
/// <param name="ByteTokens">
/// Tokens of the 256 bytes (null where the vocabulary has none), if characters are written as their UTF-8 bytes where
/// all these have tokens.
/// </param>
internal sealed record UnknownCharacters(int? Token, bool Fuse, IReadOnlyList<int?>? ByteTokens)
{
    /// <summary>Adds the bytes of a character, if all of them have tokens.</summary>
    public bool TryAddBytes(Rune character, BpeWord output)
    {
        if (ByteTokens is null)
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[4];
        utf8 = utf8[..character.EncodeToUtf8(utf8)];
        foreach (byte value in utf8)
        {
            if (ByteTokens[value] is null)
            {
                return false;
            }
        }

        foreach (byte value in utf8)
        {
            output.Add(ByteTokens[value]!.Value);
        }

        return true;
    }
}
