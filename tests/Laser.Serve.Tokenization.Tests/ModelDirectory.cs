namespace Laser.Serve.Tokenization.Tests;

/// <summary>A directory with a tokenizer's files, deleted at the end.</summary>
internal sealed class ModelDirectory : IDisposable
{
    public ModelDirectory(string tokenizerJson, string? configJson = null)
    {
        Path = Directory.CreateTempSubdirectory("tokenizer-").FullName;
        File.WriteAllText(TokenizerPath, tokenizerJson);
        if (configJson is not null)
        {
            File.WriteAllText(System.IO.Path.Combine(Path, "tokenizer_config.json"), configJson);
        }
    }

    public string Path { get; }

    public string TokenizerPath => System.IO.Path.Combine(Path, "tokenizer.json");

    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
    }
}
