using System.Text.RegularExpressions;

namespace Laser.Client.Tests.Samples;

/// <summary>Each C# block of the library's README is one of the samples here, letter by letter.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Readme_CodeBlocks_AreTheSamples()
    {
        string readme = File.ReadAllText(Path.Combine(Root, "src/Laser.Client/README.md"));
        string[] blocks = [.. CodeBlock().Matches(readme).Select(match => match.Groups[1].Value.Trim())];
        string[] samples = [.. Directory.GetFiles(Path.Combine(Root, "tests/Laser.Client.Tests/Samples"), "*Sample*.cs")
            .SelectMany(file => Sample().Matches(File.ReadAllText(file)))
            .Select(match => Unindent(match.Groups[1].Value))];

        Assert.Equal(14, samples.Length);
        Assert.Equal(samples.Order(), blocks.Order());
    }

    private static string Unindent(string code)
    {
        string[] lines = code.Trim('\n').Split('\n');
        int indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > 0 ? line[indent..] : line)).Trim();
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Laser.Serve.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No Laser.Serve.sln above the tests.");
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("// sample: [^\n]*\n(.*?)\n *// end\n", RegexOptions.Singleline)]
    private static partial Regex Sample();
}
