namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>Changes a text before anything else looks at it.</summary>
internal interface INormalizer
{
    /// <summary>
    /// Whether the first character of a result always stems from the first character of the text. Metaspace with the
    /// scheme <c>first</c> asks for that.
    /// </summary>
    bool KeepsStart { get; }

    /// <summary>The text in its new form.</summary>
    string Normalize(string text);
}
