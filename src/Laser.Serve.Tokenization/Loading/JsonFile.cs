using System.Text.Json;

namespace Laser.Serve.Tokenization.Loading;

/// <summary>A JSON file that has been read.</summary>
internal sealed class JsonFile : IDisposable
{
    /// <summary>Ten times the largest tokenizers there are.</summary>
    private const long MaxBytes = 256L << 20;

    private readonly string _path;
    private readonly JsonDocument _document;

    private JsonFile(string path, JsonDocument document)
    {
        _path = path;
        _document = document;
    }

    public JsonField Root => new(_document.RootElement, _path);

    /// <exception cref="TokenizerException">The file cannot be read, is too large, or is not JSON.</exception>
    public static JsonFile Open(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaxBytes)
            {
                throw new TokenizerException(
                    path, "$", $"{stream.Length} bytes are more than the {MaxBytes} that a tokenizer may have");
            }

            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            return new JsonFile(path, JsonDocument.Parse(stream, options));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException(path, "$", exception.Message, exception);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The parser has the second kind for names that are not well-formed Unicode, which it compares.
            throw new TokenizerException(path, "$", $"not valid JSON: {JsonField.Quote(exception.Message)}", exception);
        }
    }

    public void Dispose()
    {
        _document.Dispose();
    }
}
