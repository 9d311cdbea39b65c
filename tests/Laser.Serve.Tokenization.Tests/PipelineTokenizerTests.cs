using System.Text;
using System.Text.Json.Nodes;

namespace Laser.Serve.Tokenization.Tests;

public sealed class PipelineTokenizerTests
{
    public static TheoryData<string> Names => [.. TestFiles.TokenizerNames];

    [Fact]
    public void Encode_LoneSurrogates_AreReplacementCharacters()
    {
        ITokenizer tokenizer = TestFiles.Load("laser-tales");

        // Not as InlineData: attributes are stored as UTF-8, which has no lone surrogates.
        (string Text, string Replaced)[] cases =
        [
            ("a\ud800b", "a\ufffdb"),
            ("\udc00", "\ufffd"),
            ("\ud83d", "\ufffd"),
            ("\ude00\ud83d\ud83d\ude00", "\ufffd\ufffd\U0001F600"),
        ];
        foreach ((string text, string replaced) in cases)
        {
            Assert.Equal(tokenizer.Encode(replaced), tokenizer.Encode(text));
            Assert.Equal(replaced, tokenizer.Decode([.. tokenizer.Encode(text)]));
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("!")]
    [InlineData("ab ")]
    [InlineData("\n ")]
    [InlineData("\U0001F600")]
    [InlineData("\u0301\u0323")]
    [InlineData("<|endoftext")]
    public void Encode_MegabyteOfTheSame_ComesBack(string unit)
    {
        string text = new StringBuilder().Insert(0, unit, 1_000_000 / unit.Length).ToString();
        foreach (string name in (string[])["laser-tales", "llama3", "llama2-normalizer"])
        {
            ITokenizer tokenizer = TestFiles.Load(name);
            IReadOnlyList<int> ids = tokenizer.Encode(text);

            Assert.True(text == tokenizer.Decode([.. ids]), name);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_ManyThreads_GivesTheSameToAll(string name)
    {
        ITokenizer tokenizer = TestFiles.Load(name);
        ITokenizer alone = TestFiles.Load(name);
        string[] texts = [.. Enumerable.Range(0, 400)
            .Select(i => $"The {i} words' {i % 7} \u00e9\U0001F600 of thread{i % 50}\n  <s>")];
        int[][] expected = [.. texts.Select(text => alone.Encode(text).ToArray())];

        Parallel.For(0, 4 * texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            int index = i % texts.Length;
            Assert.Equal(expected[index], tokenizer.Encode(texts[index]));
            Assert.Equal(alone.Decode(expected[index]), tokenizer.Decode(expected[index]));
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TokenBytes_AllTokens_MakeUpTheDecodedText(string name)
    {
        ITokenizer tokenizer = TestFiles.Load(name);
        int[] ids = [.. Enumerable.Range(-2, tokenizer.VocabularySize + 4)];
        var bytes = new List<byte>();
        foreach (int id in ids)
        {
            bytes.AddRange(tokenizer.TokenBytes(id, startsText: bytes.Count == 0));
        }

        Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens: false), Encoding.UTF8.GetString([.. bytes]));
    }

    [Fact]
    public void TokenBytes_IdWithoutToken_IsEmpty()
    {
        ITokenizer tokenizer = TestFiles.Load("laser-tales");

        Assert.True(tokenizer.TokenBytes(-1).IsEmpty);
        Assert.True(tokenizer.TokenBytes(tokenizer.VocabularySize).IsEmpty);
        Assert.False(tokenizer.IsSpecial(tokenizer.VocabularySize));
        Assert.Equal("", tokenizer.Decode([-1, int.MaxValue, int.MinValue]));
    }

    [Fact]
    public void TryGetId_TokensOfBothKinds_AreFound()
    {
        ITokenizer tokenizer = TestFiles.Load("llama3");

        Assert.True(tokenizer.TryGetId("<|eot_id|>", out int special));
        Assert.True(tokenizer.IsSpecial(special));
        Assert.Equal(tokenizer.VocabularySize - 1, special);
        Assert.True(tokenizer.TryGetId("a", out int plain));
        Assert.False(tokenizer.IsSpecial(plain));
        Assert.False(tokenizer.TryGetId("no such token", out _));
    }

    [Fact]
    public void Encode_NormalizedAddedToken_IsFoundInItsNormalizedForm()
    {
        JsonNode file = TestFiles.ReadTokenizer("plain");
        file["added_tokens"]![2]!["content"] = "T\u00f6k";
        ITokenizer tokenizer = TestFiles.LoadJson(file.ToJsonString());
        Assert.True(tokenizer.TryGetId("T\u00f6k", out int id));

        Assert.Equal([id, id], tokenizer.Encode("t\u00f6kTO\u0308K"));
        Assert.Equal("T\u00f6k", tokenizer.Decode([id]));
    }

    [Fact]
    public void Encode_NormalizedAddedTokenThatANormalizerPrependsTo_NeedsTheSpaceBefore()
    {
        JsonNode file = TestFiles.ReadTokenizer("llama2-normalizer");
        file["added_tokens"]![2]!["normalized"] = true;
        ITokenizer tokenizer = TestFiles.LoadJson(file.ToJsonString());

        Assert.DoesNotContain(2, tokenizer.Encode("a</s>b"));
        Assert.Contains(2, tokenizer.Encode("a </s>b"));
        Assert.Contains(2, tokenizer.Encode("</s>b"));
    }

    [Fact]
    public void Decode_IllFormedByteTokens_KeepsTheWellFormedCharactersBesideThem()
    {
        ITokenizer tokenizer = TestFiles.Load("llama2-normalizer");
        int first = Assert.Single(tokenizer.Encode("\u0000", addSpecialTokens: false).Skip(1));

        Assert.Equal("\u00e9\ufffd!", tokenizer.Decode([first + 0xC3, first + 0xA9, first + 0xFF, first + '!']));
    }
}
