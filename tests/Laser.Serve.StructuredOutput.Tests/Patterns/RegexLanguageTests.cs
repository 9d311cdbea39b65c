using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.StructuredOutput.Patterns;
using Laser.Serve.StructuredOutput.Schemas;

namespace Laser.Serve.StructuredOutput.Tests.Patterns;

public sealed class RegexLanguageTests
{
    [Fact]
    public void Accepts_RandomPatternsAndTexts_AgreesWithDotNet()
    {
        var random = new Random(3);
        var patterns = new RandomPattern(random);
        int matches = 0;
        for (int i = 0; i < 400; i++)
        {
            (string ours, string dotNet) = patterns.Next(4);
            var regex = new Regex($"\\A(?:{dotNet})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            Automaton automaton = Languages.Regex(ours);
            for (int j = 0; j < 100; j++)
            {
                string text = patterns.Text();
                bool expected = regex.IsMatch(text);
                matches += expected ? 1 : 0;
                Assert.True(expected == automaton.Accepts(text), $"{ours} of '{text}': expected {expected}");
            }
        }

        Assert.InRange(matches, 1000, 39_000);
    }

    [Fact]
    public void ParseAnywhere_RandomPatternsWithAnchors_AgreesWithDotNet()
    {
        var random = new Random(4);
        var patterns = new RandomPattern(random);
        string[] forms = ["{0}", "^{0}", "{0}$", "^{0}$", "^{0}|{1}$", "{0}|^{1}$|^$"];
        for (int i = 0; i < 200; i++)
        {
            (string ours, string dotNet) = patterns.Next(3);
            (string moreOurs, string moreDotNet) = patterns.Next(2);
            string form = forms[i % forms.Length];
            string reference = string.Format(null, form.Replace("$", "\\z"), $"(?:{dotNet})", $"(?:{moreDotNet})");
            Automaton automaton = Languages.Build(RegexParser.ParseAnywhere(
                string.Format(null, form, $"(?:{ours})", $"(?:{moreOurs})"), SpecPlace.Regex, JsonText.Character));
            for (int j = 0; j < 50; j++)
            {
                string text = patterns.Text();
                Assert.True(
                    Regex.IsMatch(text, reference) == automaton.Accepts(text.Replace("\n", "\\n")),
                    $"{reference} of '{text}'");
            }
        }
    }

    [Theory]
    [InlineData(".", "\U0001F600", true)]
    [InlineData(".{2}", "\U0001F600", false)]
    [InlineData("[^a]", "\U0010FFFF", true)]
    [InlineData("[\U0001F600-\U0001F64F]+", "\U0001F601\U0001F64F", true)]
    [InlineData("[\U0001F600-\U0001F64F]+", "\U0001F650", false)]
    [InlineData("\\u{1F600}\\ud83d\\ude01", "\U0001F600\U0001F601", true)]
    [InlineData(".", "\u2028", false)]
    [InlineData("[\\w\\-]+", "a-b_9", true)]
    [InlineData("\\w", "\u00e9", false)]
    [InlineData("\\d", "\u0663", false)]
    [InlineData("\\s", "\u00a0", true)]
    [InlineData("\\S", "\ufeff", false)]
    [InlineData("[\\b]", "\b", true)]
    [InlineData("\\0", "\0", true)]
    [InlineData("a]}", "a]}", true)]
    [InlineData("\\/\\{\\\"", "/{\"", true)]
    [InlineData("^a|b$", "b", true)]
    [InlineData("^(a|b)*$", "abba", true)]
    [InlineData("^$", "", true)]
    [InlineData("", "", true)]
    [InlineData("[a-]+[-a]", "a-a", true)]
    [InlineData("(a*)*b", "aab", true)]
    [InlineData("(a?){3}", "aaaa", false)]
    public void Accepts_HandCase_IsAsExpected(string pattern, string text, bool expected)
    {
        Assert.Equal(expected, Languages.Regex(pattern).Accepts(text));
    }

    [Fact]
    public void AnyCharacter_AllByteSequences_AcceptsExactlyUtf8()
    {
        Automaton automaton = Languages.Regex("[\\s\\S]");
        byte[] bytes = new byte[4];
        for (int value = 0; value <= 0xFFFFFF; value++)
        {
            (bytes[0], bytes[1], bytes[2]) = ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
            if (bytes[0] is < 0xE0 and not 0 && bytes[1] != 0x80)
            {
                continue;
            }

            // The first two continuation bytes tell; of the third all borders are tried.
            bytes[3] = (value % 5) switch { 0 => 0x7F, 1 => 0x80, 2 => 0xBF, 3 => 0xC0, _ => 0x90 };
            for (int length = 1; length <= 4; length++)
            {
                ReadOnlySpan<byte> text = bytes.AsSpan(0, length);
                bool isOne = Rune.DecodeFromUtf8(text, out _, out int used) == OperationStatus.Done && used == length;
                if (isOne != automaton.Accepts(text))
                {
                    Assert.Fail(Convert.ToHexString(text));
                }
            }
        }
    }
}
