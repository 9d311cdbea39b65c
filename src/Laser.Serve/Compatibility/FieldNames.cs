using System.Text.RegularExpressions;

namespace Laser.Serve.Compatibility;

/// <summary>
/// What the caller of another protocol calls the fields of the native request, so that an error names what it sent.
/// </summary>
internal sealed partial class FieldNames
{
    private readonly Dictionary<string, string> _names = [];

    /// <summary>
    /// Tells the caller's name of a native field, and with it of all below it that have no name of their own.
    /// </summary>
    /// <param name="native">Path of the field in the native request.</param>
    /// <param name="caller">Path of the field in the caller's.</param>
    public void Add(string native, string caller) => _names[native] = caller;

    /// <summary>A path in the caller's words; one without a name stays as it is.</summary>
    public string Translate(string path)
    {
        for (int end = path.Length; end > 0; end = path.LastIndexOfAny(['.', '['], end - 1))
        {
            if (_names.TryGetValue(path[..end], out string? name))
            {
                return name + path[end..];
            }
        }

        return path;
    }

    /// <summary>
    /// A sentence with the fields in it in the caller's words. Only what has a dot or an underscore can be told from
    /// an English word.
    /// </summary>
    public string TranslateText(string text) => FieldPath().Replace(text, match => Translate(match.Value));

    [GeneratedRegex(@"\b[a-z][a-z0-9]*(?:[._][a-z0-9]+)+\b")]
    private static partial Regex FieldPath();
}
