using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.Tests.Golden;

/// <summary>
/// Every character of Unicode against the library's classes. .NET 10 and Oniguruma 6.9.10 both have Unicode 16: a
/// newer .NET may differ in newly assigned characters, and the vectors must then be made anew with a library of its
/// version.
/// </summary>
public sealed class GoldenClassTests
{
    [Fact]
    public void Contains_EveryCharacter_IsAsInTheLibrary()
    {
        IReadOnlyList<ClassGolden> classes = TestFiles.ReadGolden<ClassGolden>("unicode-classes");
        Assert.True(classes.Count > 30);
        foreach (ClassGolden golden in classes)
        {
            CharacterSet set = FindSet(golden.Name);
            bool[] expected = new bool[0x110000];
            foreach (int[] range in golden.Ranges)
            {
                expected.AsSpan(range[0]..(range[1] + 1)).Fill(true);
            }

            for (int scalar = 1; scalar <= 0x10FFFF; scalar++)
            {
                if (scalar is not (>= 0xD800 and <= 0xDFFF) && expected[scalar] != set.Contains(scalar))
                {
                    Assert.Fail($"{golden.Name}: U+{scalar:X4}");
                }
            }
        }
    }

    private static CharacterSet FindSet(string name)
    {
        return name switch
        {
            "Punctuation" => PunctuationClass.Set,
            "WhitespaceSplit" => CharacterClasses.WhiteSpace,
            "Whitespace word" => CharacterClasses.Word,
            _ => Assert.IsType<PatternNode.Set>(
                Assert.Single(Assert.IsType<PatternNode.Concatenation>(PatternParser.Parse(name)).Items)).Characters,
        };
    }

    private sealed record ClassGolden(string Name, int[][] Ranges);
}
