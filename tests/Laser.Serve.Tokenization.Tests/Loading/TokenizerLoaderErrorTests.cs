using System.Text;
using System.Text.Json.Nodes;

namespace Laser.Serve.Tokenization.Tests.Loading;

public sealed class TokenizerLoaderErrorTests
{
    private const string Valid = """
        {
          "version": "1.0",
          "added_tokens": [
            {
              "id": 3, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
              "special": true
            }
          ],
          "normalizer": null,
          "pre_tokenizer": null,
          "post_processor": null,
          "decoder": null,
          "model": { "type": "BPE", "vocab": { "a": 0, "b": 1, "ab": 2 }, "merges": ["a b"] }
        }
        """;

    [Fact]
    public void Load_ValidFile_Encodes()
    {
        Assert.Equal([2, 3, 0], TestFiles.LoadJson(Valid).Encode("ab<x>a"));
    }

    // One case for each way to ask for what is not there. The first column is the place of the change and, after it,
    // its new value.
    [Theory]
    [InlineData("version", "\"2.0\"", "$.version: version \"2.0\" is not supported")]
    [InlineData("truncation", """{"max_length":5}""", "$.truncation: truncation is not supported")]
    [InlineData("padding", """{"pad_id":0}""", "$.padding: padding is not supported")]
    [InlineData("extra", "1", "$.extra: setting that is not supported")]
    [InlineData("model", "null", "$: \"model\" is missing")]
    [InlineData("model", "[]", "$.model: an object expected")]
    [InlineData("model.type", "\"Unigram\"", "$.model: model \"Unigram\" is not supported")]
    [InlineData("model.type", "null", "$.model: \"type\" is missing")]
    [InlineData("model.dropout", "0.1", "$.model.dropout: dropout is not supported")]
    [InlineData("model.dropout", "\"0\"", "$.model.dropout: dropout is not supported")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "$.model.continuing_subword_prefix: ")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "$.model.end_of_word_suffix: ")]
    [InlineData("model.unk_token", "\"<unk>\"", "$.model.unk_token: \"<unk>\" is not in the vocabulary")]
    [InlineData("model.byte_fallback", "1", "$.model.byte_fallback: true or false expected")]
    [InlineData("model.new_setting", "true", "$.model.new_setting: setting that is not supported")]
    [InlineData("model.vocab", "null", "$.model: \"vocab\" is missing")]
    [InlineData("model.vocab", """["a"]""", "$.model.vocab: an object expected")]
    [InlineData("model.vocab", """{"a":0,"b":1,"ab":1}""", "$.model.vocab.ab: id 1 has more than one token")]
    [InlineData("model.vocab", """{"a":-1}""", "$.model.vocab.a: whole number from 0")]
    [InlineData("model.vocab", """{"a":"0"}""", "$.model.vocab.a: whole number from 0")]
    [InlineData("model.vocab", """{"a":1.5}""", "$.model.vocab.a: whole number from 0")]
    [InlineData("model.vocab", """{"a b\n":99999999}""",
        "$.model.vocab[\"a b\\u000a\"]: whole number from 0 to 4194303")]
    [InlineData("model.vocab", """{"a":99999999999999}""", "$.model.vocab.a: whole number from 0")]
    [InlineData("model.merges", "null", "$.model: \"merges\" is missing")]
    [InlineData("model.merges", """["a"]""", "$.model.merges[0]: pair of tokens expected")]
    [InlineData("model.merges", """["a b c"]""", "$.model.merges[0]: pair of tokens expected")]
    [InlineData("model.merges", """[["a","b","a"]]""", "$.model.merges[0]: pair of tokens expected")]
    [InlineData("model.merges", """[["a",1]]""", "$.model.merges[0][1]: a string expected")]
    [InlineData("model.merges", """["a b","a z"]""", "$.model.merges[1]: token \"z\" is not in the vocabulary")]
    [InlineData("model.merges", """["b a"]""", "$.model.merges[0]: token \"ba\" is not in the vocabulary")]
    [InlineData("normalizer", """{"type":"Bert"}""", "$.normalizer: normalizer \"Bert\" is not supported")]
    [InlineData("normalizer", """{"type":"Precompiled"}""",
        "$.normalizer: normalizer \"Precompiled\" is not supported")]
    [InlineData("normalizer", """{"type":"StripAccents"}""",
        "$.normalizer: normalizer \"StripAccents\" is not supported")]
    [InlineData("normalizer", """{"type":"NFC","x":1}""", "$.normalizer.x: setting that is not supported")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Nmt"}]}""",
        "$.normalizer.normalizers[1]: normalizer \"Nmt\"")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"(?<=a)"},"content":""}""",
        "$.normalizer.pattern.Regex: group of a kind")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"String":""},"content":""}""",
        "$.normalizer.pattern: empty pattern")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{},"content":""}""", "$.normalizer.pattern: either")]
    [InlineData("pre_tokenizer", """{"type":"BertPreTokenizer"}""",
        "$.pre_tokenizer: pre-tokenizer \"BertPreTokenizer\" is not supported")]
    [InlineData("pre_tokenizer", """{"type":"UnicodeScripts"}""",
        "$.pre_tokenizer: pre-tokenizer \"UnicodeScripts\" is not supported")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"String":"a"},"behavior":"Kept","invert":false}""",
        "$.pre_tokenizer.behavior: \"Kept\"")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"ab"}""",
        "$.pre_tokenizer.replacement: one character")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}""",
        "$.pre_tokenizer.prepend_scheme: \"last\"")]
    [InlineData("pre_tokenizer",
        """{"type":"Metaspace","replacement":"_","prepend_scheme":"first","add_prefix_space":false}""",
        "contradicts")]
    [InlineData("post_processor", """{"type":"BertProcessing"}""",
        "$.post_processor: post-processor \"BertProcessing\" is not supported")]
    [InlineData("post_processor", """{"type":"RobertaProcessing","cls":["a",0],"sep":["z",77]}""",
        "$.post_processor.sep[1]: there is no token with id 77")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[],"special_tokens":{}}""",
        "$.post_processor.single: template")]
    [InlineData("post_processor",
        """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}],"special_tokens":{}}""",
        "single[0]: template")]
    [InlineData("post_processor",
        """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"q"}}],"special_tokens":{}}""",
        "\"q\" is missing")]
    [InlineData("decoder", """{"type":"WordPiece"}""", "$.decoder: decoder \"WordPiece\" is not supported")]
    [InlineData("decoder", """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"ByteFallback"}]}""",
        "$.decoder.decoders[1]: decoder \"ByteFallback\"")]
    [InlineData("decoder",
        """{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Strip","content":" ","start":1}]}""",
        "decoders[1]: decoder \"Strip\"")]
    [InlineData("decoder",
        """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":" ","start":2,"stop":0}]}""",
        "decoders[1].start: ")]
    [InlineData("decoder",
        """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]}""",
        "decoders[1].stop: ")]
    [InlineData("added_tokens.0.id", "2",
        "$.added_tokens[0]: added token \"<x>\" has id 2, by its place it would be 3")]
    [InlineData("added_tokens.0.content", "\"a\"",
        "$.added_tokens[0]: added token \"a\" has id 3, by its place it would be 0")]
    [InlineData("added_tokens.0.content", "\"\"", "$.added_tokens[0]: added token that is empty")]
    [InlineData("added_tokens.0.lstrip", "null", "$.added_tokens[0]: \"lstrip\" is missing")]
    public void Load_ChangedFile_SaysWhereAndWhat(string place, string value, string message)
    {
        JsonNode file = JsonNode.Parse(Valid)!;
        string[] names = place.Split('.');
        JsonNode parent = names[..^1].Aggregate(
            file, (node, name) => int.TryParse(name, out int index) ? node[index]! : node[name]!);
        parent[names[^1]] = JsonNode.Parse(value);

        AssertError(file.ToJsonString(), message);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON")]
    [InlineData("[1, 2", "not valid JSON")]
    [InlineData("[]", "an object expected")]
    [InlineData("null", "an object expected")]
    [InlineData("""{"model":{},"model":{}}""", "not valid JSON")]
    [InlineData("""{"version":"\ud800"}""", "$.version: string that is not well-formed Unicode")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"\ud800":1},"merges":[]}}""", "not valid JSON")]
    public void Load_BrokenFile_SaysSo(string json, string message)
    {
        AssertError(json, message);
    }

    [Theory]
    [InlineData("version", "?", "$.version: string that is not well-formed Unicode")]
    [InlineData("?", "1.0", "$: name that is not well-formed Unicode")]
    public void Load_BytesThatAreNoUtf8_SaysWhere(string name, string value, string message)
    {
        using var directory = new ModelDirectory("");
        byte[] bytes = Encoding.ASCII.GetBytes($"{{\"{name}\": \"{value}\"}}");
        bytes[bytes.AsSpan().IndexOf((byte)'?')] = 0xFF;
        File.WriteAllBytes(directory.TokenizerPath, bytes);

        TokenizerException exception = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(directory.Path));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_DeepNesting_IsAnErrorAndNoOverflow()
    {
        AssertError(new string('[', 100_000), "not valid JSON");
    }

    [Fact]
    public void Load_AddedTokenTwice_SaysSo()
    {
        JsonNode file = JsonNode.Parse(Valid)!;
        JsonNode second = file["added_tokens"]![0]!.DeepClone();
        second["id"] = 4;
        file["added_tokens"]!.AsArray().Add(second);

        AssertError(file.ToJsonString(), "$.added_tokens[1]: added token \"<x>\"");
    }

    [Fact]
    public void Load_NewTokenThatWouldTakeAnId_SaysSo()
    {
        JsonNode file = JsonNode.Parse(Valid)!;
        file["model"]!["vocab"] = JsonNode.Parse("""{"a":0,"b":1,"ab":3}""");

        AssertError(file.ToJsonString(), "would have id 3, which another token has");
    }

    [Fact]
    public void Load_MetaspaceFirstAfterStrip_SaysSo()
    {
        JsonNode file = JsonNode.Parse(Valid)!;
        file["normalizer"] = JsonNode.Parse("""{"type":"Strip","strip_left":true,"strip_right":false}""");
        file["pre_tokenizer"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"_","prepend_scheme":"first"}""");

        AssertError(file.ToJsonString(), "$.pre_tokenizer: prepend_scheme \"first\" is not supported after");
    }

    [Fact]
    public void Load_NoFile_NamesIt()
    {
        string directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        TokenizerException exception = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(directory));

        Assert.Equal(Path.Combine(directory, "tokenizer.json"), exception.FilePath);
        Assert.Contains("Could not find", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_HugeFile_IsRefusedUnread()
    {
        using var directory = new ModelDirectory("");
        using (FileStream stream = File.OpenWrite(directory.TokenizerPath))
        {
            stream.SetLength(1L << 32);
        }

        TokenizerException exception = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(directory.Path));
        Assert.Contains("4294967296 bytes are more than", exception.Message, StringComparison.Ordinal);
    }

    private static void AssertError(string json, string message)
    {
        TokenizerException exception = Assert.Throws<TokenizerException>(() => TestFiles.LoadJson(json));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.StartsWith(exception.FilePath, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }
}
