using System.Text;

namespace Laser.Serve.Tokenization.Decoders;

/// <summary>
/// The characters that byte-level vocabularies write bytes with: printable ASCII and Latin-1 stand for themselves, the
/// other bytes are, in order, U+0100 and on. As GPT-2 did.
/// </summary>
internal static class ByteAlphabet
{
    private const int FirstSubstitute = 0x100;

    private static readonly char[] Chars = MakeChars();
    private static readonly short[] Bytes = MakeBytes();

    public static char ToChar(byte value)
    {
        return Chars[value];
    }

    /// <summary>
    /// Bytes of a token: those its characters stand for, or its UTF-8 if one of them stands for none.
    /// </summary>
    public static byte[] ToBytes(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < token.Length; i++)
        {
            if (token[i] >= Bytes.Length || Bytes[token[i]] < 0)
            {
                return Encoding.UTF8.GetBytes(token);
            }

            bytes[i] = (byte)Bytes[token[i]];
        }

        return bytes;
    }

    private static char[] MakeChars()
    {
        char[] chars = new char[256];
        int next = FirstSubstitute;
        for (int i = 0; i < chars.Length; i++)
        {
            bool printable = i is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            chars[i] = (char)(printable ? i : next++);
        }

        return chars;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[Chars.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int i = 0; i < Chars.Length; i++)
        {
            bytes[Chars[i]] = (short)i;
        }

        return bytes;
    }
}
