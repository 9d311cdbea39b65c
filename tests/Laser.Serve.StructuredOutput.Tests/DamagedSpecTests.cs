using Laser.Serve.StructuredOutput.Tests.Schemas;

namespace Laser.Serve.StructuredOutput.Tests;

/// <summary>Whatever a client sends is compiled or refused, and nothing else happens.</summary>
public sealed class DamagedSpecTests
{
    private const int Rounds = 4000;

    // Small, so that what happens to be large is refused soon.
    private static readonly ConstraintLimits Limits = new() { MaxPartialStates = 20_000, MaxStates = 2000, MaxSteps = 500_000 };

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud800", "0", "-1", "1e9", "null", "true", "false", "{}", "[]", "\"a\"",
        "\"$ref\":\"#\"", "\"#/$defs/n\"", "\"type\":\"object\"", "\"enum\":[1]", "\"const\":{}", "\"oneOf\":[{},{}]",
        "\"items\":true", "\"required\":[\"a\"]", "(", ")", "|", "*", "+", "?", "{2,3}", "^", "$", ".", "\\d", "\\u{1F600}",
        "[^a]", "(?:", "(?=", "\ud83d", "\u4f60",
    ];

    [Fact]
    public void Compile_DamagedSchemas_AreCompiledOrRefused()
    {
        string[] schemas = [.. SchemaGenerationTests.Schemas.Cast<object[]>().Select(row => (string)row[0])];
        Check(schemas, ConstraintSpec.JsonSchema);
    }

    [Fact]
    public void Compile_DamagedPatterns_AreCompiledOrRefused()
    {
        string[] patterns = ["", "(a|b)*[a-z]{2,5}\\.$", "^(?:\\d+|[^\\s\"]?)x", "\\u00e9\\x41[\\w-]+", "a{3}b{1,}c??"];
        Check(patterns, ConstraintSpec.Regex);
    }

    private static void Check(string[] seeds, Func<string, ConstraintSpec> make)
    {
        var compiler = new ConstraintCompiler(TestTokenizers.Tales, Limits);
        var random = new Random(14);
        int compiled = 0;
        int refused = 0;
        for (int i = 0; i < Rounds; i++)
        {
            string text = seeds[random.Next(seeds.Length)];
            for (int damage = random.Next(1, 4); damage > 0; damage--)
            {
                text = Damage(text, random);
            }

            try
            {
                TokenConstraint constraint = compiler.Compile(make(text));
                Assert.True(constraint.CanEnd(constraint.StartState)
                    || TokenWalk.Allowed(constraint, constraint.StartState).Length > 0);
                compiled++;
            }
            catch (ConstraintException)
            {
                refused++;
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{text}: {exception}");
            }
        }

        Assert.True(compiled > Rounds / 50 && refused > Rounds / 50, $"{compiled} and {refused}");
    }

    private static string Damage(string text, Random random)
    {
        int start = random.Next(text.Length + 1);
        int removed = Math.Min(random.Next(4) == 0 ? random.Next(12) : random.Next(2), text.Length - start);
        string added = random.Next(3) == 0 ? "" : Pieces[random.Next(Pieces.Length)];
        return text.Remove(start, removed).Insert(start, added);
    }
}
