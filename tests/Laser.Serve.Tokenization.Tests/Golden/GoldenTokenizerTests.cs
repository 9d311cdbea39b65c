namespace Laser.Serve.Tokenization.Tests.Golden;

/// <summary>Vectors of Hugging Face's library, see Generator/generate.js.</summary>
public sealed class GoldenTokenizerTests
{
    public static TheoryData<string> Names => [.. TestFiles.TokenizerNames];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_GoldenTexts_GivesGoldenIds(string name)
    {
        ITokenizer tokenizer = TestFiles.Load(name);
        foreach (GoldenCase golden in ReadCases(name))
        {
            AssertSame(golden, golden.Ids, tokenizer.Encode(golden.Text, addSpecialTokens: false));
            AssertSame(golden, golden.WithSpecial, tokenizer.Encode(golden.Text));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_SecondTime_GivesTheSameFromTheCache(string name)
    {
        ITokenizer tokenizer = TestFiles.Load(name);
        foreach (GoldenCase golden in ReadCases(name).Concat(ReadCases(name)))
        {
            AssertSame(golden, golden.Ids, tokenizer.Encode(golden.Text, addSpecialTokens: false));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_GoldenIds_GivesGoldenTexts(string name)
    {
        ITokenizer tokenizer = TestFiles.Load(name);
        foreach (GoldenCase golden in ReadCases(name))
        {
            Assert.Equal(golden.Decoded, tokenizer.Decode(golden.Ids));
            Assert.Equal(golden.DecodedWithSpecial, tokenizer.Decode(golden.WithSpecial, skipSpecialTokens: false));
        }
    }

    [Fact]
    public void Decode_RandomIds_GivesGoldenTexts()
    {
        var tokenizers = new Dictionary<string, ITokenizer>();
        foreach (DecodingCase golden in TestFiles.ReadGolden<DecodingCase>("decoding"))
        {
            if (!tokenizers.TryGetValue(golden.Tokenizer, out ITokenizer? tokenizer))
            {
                tokenizers[golden.Tokenizer] = tokenizer = TestFiles.Load(golden.Tokenizer);
            }

            Assert.Equal(golden.Skipped, tokenizer.Decode(golden.Ids));
            Assert.Equal(golden.Kept, tokenizer.Decode(golden.Ids, skipSpecialTokens: false));
        }
    }

    private static IReadOnlyList<GoldenCase> ReadCases(string name)
    {
        IReadOnlyList<GoldenCase> cases = TestFiles.ReadGolden<GoldenCase>(name);
        Assert.NotEmpty(cases);
        return cases;
    }

    private static void AssertSame(GoldenCase golden, int[] expected, IReadOnlyList<int> actual)
    {
        Assert.True(
            expected.AsSpan().SequenceEqual([.. actual]),
            $"{golden.Text}: expected {string.Join(' ', expected)}, got {string.Join(' ', actual)}");
    }

    private sealed record GoldenCase(
        string Text, int[] Ids, int[] WithSpecial, string Decoded, string DecodedWithSpecial);

    private sealed record DecodingCase(string Tokenizer, int[] Ids, string Skipped, string Kept);
}
