using System.Text.Json;
using System.Text.Json.Nodes;
using Laser.Serve.Tokenization.Loading;

namespace Laser.Serve.Tokenization.Tests;

/// <summary>Files of the folder TestData, and model directories made from them.</summary>
internal static class TestFiles
{
    private static readonly JsonSerializerOptions GoldenOptions = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<string> TokenizerNames { get; } =
    [
        "laser-tales", "llama3", "qwen2", "o200k", "gpt2-prefix-space", "llama2-normalizer", "llama2-metaspace",
        "metaspace-always", "gemma", "plain",
    ];

    public static IReadOnlyList<T> ReadGolden<T>(string name)
    {
        return JsonSerializer.Deserialize<List<T>>(File.ReadAllText(PathOf($"{name}.golden.json")), GoldenOptions)!;
    }

    public static JsonNode ReadTokenizer(string name)
    {
        return JsonNode.Parse(File.ReadAllText(PathOf($"{name}.json")))!;
    }

    public static ITokenizer Load(string name)
    {
        return LoadJson(ReadTokenizer(name).ToJsonString());
    }

    /// <summary>Loads a tokenizer from the texts of its files.</summary>
    public static ITokenizer LoadJson(string tokenizerJson, string? configJson = null)
    {
        using var directory = new ModelDirectory(tokenizerJson, configJson);
        return TokenizerLoader.Load(directory.Path);
    }

    /// <summary>A component as the readers see it.</summary>
    public static JsonField Field(string json)
    {
        return new JsonField(JsonDocument.Parse(json).RootElement, "test.json");
    }

    private static string PathOf(string fileName)
    {
        return Path.Combine(AppContext.BaseDirectory, "TestData", fileName);
    }
}
