using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Laser.Serve.Tokenization.Normalizers;

/// <summary>
/// What <c>UnicodeNormalization.txt</c> says, which is what Hugging Face's library works with: its Unicode version is
/// older than .NET's, and newer characters stay as they are. Read when first needed.
/// </summary>
internal sealed class UnicodeNormalizationData
{
    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, int> _combiningClasses = [];

    private UnicodeNormalizationData()
    {
        using Stream stream = typeof(UnicodeNormalizationData).Assembly
            .GetManifestResourceStream("UnicodeNormalization.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is string line)
        {
            AddLine(line);
        }

        foreach (((int first, int second), int composed) in _compositions)
        {
            _canonical[composed] = [.. Expand(first), second];
        }
    }

    public static UnicodeNormalizationData Instance { get; } = new();

    /// <summary>The full decomposition of a character that has one and is no Korean syllable.</summary>
    public bool TryDecompose(int scalar, bool compatible, [NotNullWhen(true)] out int[]? parts)
    {
        return (compatible && _compatible.TryGetValue(scalar, out parts)) || _canonical.TryGetValue(scalar, out parts);
    }

    public bool TryCompose(int first, int second, out int composed)
    {
        return _compositions.TryGetValue((first, second), out composed);
    }

    public int CombiningClass(int scalar)
    {
        return _combiningClasses.GetValueOrDefault(scalar);
    }

    private void AddLine(string line)
    {
        if (line[0] == '#')
        {
            return;
        }

        string[] fields = line.Split(' ');
        if (line[0] == '@')
        {
            AddCombiningClass(int.Parse(fields[0].AsSpan(1), CultureInfo.InvariantCulture), fields[1].Split('-'));
            return;
        }

        int character = Parse(fields[0]);
        int[] parts = [.. fields.Skip(2).Select(Parse)];
        switch (fields[1])
        {
            case "=":
                _compositions.Add((parts[0], parts[1]), character);
                _canonical.Add(character, parts);
                break;
            case ">":
                _canonical.Add(character, parts);
                break;
            default:
                _compatible.Add(character, parts);
                break;
        }
    }

    private int[] Expand(int scalar)
    {
        return _canonical.TryGetValue(scalar, out int[]? parts) ? [.. Expand(parts[0]), .. parts[1..]] : [scalar];
    }

    private void AddCombiningClass(int value, string[] range)
    {
        for (int i = Parse(range[0]); i <= Parse(range[1]); i++)
        {
            _combiningClasses.Add(i, value);
        }
    }

    private static int Parse(string hex)
    {
        return int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
