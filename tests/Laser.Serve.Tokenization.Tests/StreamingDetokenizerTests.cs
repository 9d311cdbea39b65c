using System.Text;

namespace Laser.Serve.Tokenization.Tests;

public sealed class StreamingDetokenizerTests
{
    public static TheoryData<string> Names => [.. TestFiles.TokenizerNames];

    [Theory]
    [MemberData(nameof(Names))]
    public void Append_RandomIds_PiecesAreTheDecodedText(string name)
    {
        ITokenizer tokenizer = TestFiles.Load(name);
        var random = new Random(17);
        var skipping = new StreamingDetokenizer(tokenizer);
        var keeping = new StreamingDetokenizer(tokenizer, skipSpecialTokens: false);
        for (int i = 0; i < 2000; i++)
        {
            int[] ids = RandomIds(random, tokenizer.VocabularySize);
            Assert.Equal(tokenizer.Decode(ids), string.Concat(Stream(skipping, ids)));
            Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens: false), string.Concat(Stream(keeping, ids)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Append_EncodedText_NoPieceHoldsPartOfACharacter(string name)
    {
        ITokenizer tokenizer = TestFiles.Load(name);
        IReadOnlyList<int> ids = tokenizer.Encode(
            "x \u4f60\u597d \U0001F600\U0001F468\u200d\U0001F469 \U00010400\u00e9", addSpecialTokens: false);
        List<string> pieces = Stream(new StreamingDetokenizer(tokenizer), ids);

        Assert.Equal("", pieces[^1]);
        foreach (string piece in pieces)
        {
            Assert.DoesNotContain('\uFFFD', piece);
            Assert.DoesNotContain(new Rune(0xFFFD), piece.EnumerateRunes());
        }
    }

    [Fact]
    public void Append_BytesOfOneCharacter_GivesItWithTheLastOfThem()
    {
        ITokenizer tokenizer = TestFiles.Load("llama2-normalizer");
        List<string> pieces = Stream(new StreamingDetokenizer(tokenizer), ByteTokens(tokenizer, "\U0001F600"u8));

        Assert.Equal(["", "", "", "\U0001F600", ""], pieces);
    }

    [Fact]
    public void Append_ByteThatBreaksACharacter_GivesReplacementAndKeepsWhatFollows()
    {
        ITokenizer tokenizer = TestFiles.Load("llama2-normalizer");
        List<string> pieces = Stream(new StreamingDetokenizer(tokenizer), ByteTokens(tokenizer, [0xE4, 0xBD, 0x41]));

        Assert.Equal(["", "", "\uFFFDA", ""], pieces);
    }

    [Fact]
    public void Flush_UnfinishedCharacter_GivesOneReplacementAndStartsAnew()
    {
        ITokenizer tokenizer = TestFiles.Load("llama2-normalizer");
        var detokenizer = new StreamingDetokenizer(tokenizer);
        int[] ids = ByteTokens(tokenizer, [0xF0, 0x9F, 0x98]);

        Assert.Equal(["", "", "", "\uFFFD"], Stream(detokenizer, ids));
        Assert.Equal(["", "\u00e9", ""], Stream(detokenizer, ByteTokens(tokenizer, "\u00e9"u8)));
    }

    [Fact]
    public void Append_LeadingSpaces_DropsTheFirstOnly()
    {
        ITokenizer tokenizer = TestFiles.Load("llama2-normalizer");
        Assert.True(tokenizer.TryGetId("\u2581", out int space));
        Assert.True(tokenizer.TryGetId("<s>", out int special));

        var skipping = new StreamingDetokenizer(tokenizer);
        var keeping = new StreamingDetokenizer(tokenizer, skipSpecialTokens: false);
        Assert.Equal(["", "", " ", " ", ""], Stream(skipping, [special, space, space, space]));
        Assert.Equal(["<s>", " ", ""], Stream(keeping, [special, space]));
    }

    private static List<string> Stream(StreamingDetokenizer detokenizer, IReadOnlyList<int> ids)
    {
        return [.. ids.Select(detokenizer.Append), detokenizer.Flush()];
    }

    private static int[] ByteTokens(ITokenizer tokenizer, ReadOnlySpan<byte> bytes)
    {
        var ids = new List<int>();
        foreach (byte value in bytes)
        {
            Assert.True(tokenizer.TryGetId($"<0x{value:X2}>", out int id));
            ids.Add(id);
        }

        return [.. ids];
    }

    // Half of them small, where bytes and special tokens are; some are no tokens at all.
    private static int[] RandomIds(Random random, int vocabularySize)
    {
        int[] ids = new int[random.Next(12)];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = random.Next(-1, random.Next(2) == 0 ? Math.Min(vocabularySize, 260) : vocabularySize + 1);
        }

        return ids;
    }
}
