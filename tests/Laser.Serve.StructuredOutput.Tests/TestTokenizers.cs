using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tests;

/// <summary>Tokenizers from files, each loaded once.</summary>
internal static class TestTokenizers
{
    private static readonly Dictionary<string, Lazy<ITokenizer>> ByName = new[]
    {
        "laser-tales", "llama3", "qwen2", "o200k", "gpt2-prefix-space", "llama2-normalizer", "llama2-metaspace",
        "metaspace-always", "gemma", "plain",
    }.ToDictionary(name => name, name => new Lazy<ITokenizer>(() => Load(name)));

    public static TheoryData<string> Names => [.. ByName.Keys];

    public static ITokenizer Tales => Get("laser-tales");

    public static ITokenizer Get(string name) => ByName[name].Value;

    private static ITokenizer Load(string name)
    {
        string directory = Directory.CreateTempSubdirectory("structured-").FullName;
        File.Copy(
            Path.Combine(AppContext.BaseDirectory, "TestData", $"{name}.json"), Path.Combine(directory, "tokenizer.json"));
        ITokenizer tokenizer = TokenizerLoader.Load(directory);
        Directory.Delete(directory, recursive: true);
        return tokenizer;
    }
}
