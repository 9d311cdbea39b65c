namespace Laser.Serve.Tokenization;

/// <summary>
/// A tokenizer file cannot be read, contradicts itself, or asks for something that is not supported. The message is
/// one line: file, place in its JSON, problem.
/// </summary>
public sealed class TokenizerException : Exception
{
    /// <summary>Says what is wrong where.</summary>
    /// <param name="filePath">The file.</param>
    /// <param name="jsonPath">
    /// The place in it, such as <c>$.normalizer.normalizers[1]</c>; <c>$</c> for the whole file.
    /// </param>
    /// <param name="problem">What is wrong, one line.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public TokenizerException(string filePath, string jsonPath, string problem, Exception? innerException = null)
        : base($"{filePath}: {jsonPath}: {problem}", innerException)
    {
        FilePath = filePath;
        JsonPath = jsonPath;
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>The place in the file's JSON.</summary>
    public string JsonPath { get; }
}
