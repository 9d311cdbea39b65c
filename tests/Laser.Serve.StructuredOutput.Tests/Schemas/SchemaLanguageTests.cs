using Laser.Serve.StructuredOutput.Automata;

namespace Laser.Serve.StructuredOutput.Tests.Schemas;

/// <summary>Documents that are, and are not, generated under a schema.</summary>
public sealed class SchemaLanguageTests
{
    private const string Ordered =
        """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"},"c":{"type":"null"}},"required":["b"]}""";

    private const string List =
        """{"$ref":"#/$defs/l","$defs":{"l":{"type":"object","properties":{"n":{"$ref":"#/$defs/l"}}}}}""";

    private const string Person = """
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x", "title": "P", "description": "d", "default": {},
         "examples": [1], "type": "object", "properties": {"n": {"type": "integer", "$comment": "c", "deprecated": true}}}
        """;

    [Theory]
    [InlineData(Ordered, """{"a":1,"b":true,"c":null}""", true)]
    [InlineData(Ordered, """{"a": 1, "b": true, "c": null}""", true)]
    [InlineData(Ordered, """{"b":false}""", true)]
    [InlineData(Ordered, """{"b":false,"c":null}""", true)]
    [InlineData(Ordered, """{"a":1}""", false)]
    [InlineData(Ordered, """{"b":true,"a":1}""", false)]
    [InlineData(Ordered, """{"b":true,}""", false)]
    [InlineData(Ordered, """{"b":true,"b":true}""", false)]
    [InlineData(Ordered, """{"b":true,"d":1}""", false)]
    [InlineData(Ordered, """{ "b":true}""", false)]
    [InlineData(Ordered, """{"b":  true}""", false)]
    [InlineData(Ordered, """{"b" :true}""", false)]
    [InlineData(Person, """{"n":0}""", true)]
    [InlineData(Person, "{}", true)]
    [InlineData("""{"type":"integer"}""", "-0", false)]
    [InlineData("""{"type":"integer"}""", "01", false)]
    [InlineData("""{"type":"integer"}""", "1.0", false)]
    [InlineData("""{"type":"number"}""", "-0.10e+05", true)]
    [InlineData("""{"type":"number"}""", ".5", false)]
    [InlineData("""{"type":"number"}""", "5.", false)]
    [InlineData("""{"minimum":1}""", "2", true)]
    [InlineData("""{"minimum":1}""", "\"a\"", false)]
    [InlineData("""{"type":"string"}""", "\"\\u00e9\"", false)]
    [InlineData("""{"type":"string"}""", "\"\u00e9\\n\\\"\U0001F600\"", true)]
    [InlineData("""{"type":"string"}""", "\"\n\"", false)]
    [InlineData("""{"type":"string"}""", "\"\\/\"", false)]
    [InlineData("""{"type":"string","maxLength":1}""", "\"\U0001F600\"", true)]
    [InlineData("""{"type":"string","maxLength":1}""", "\"\\n\"", true)]
    [InlineData("""{"type":"string","maxLength":1}""", "\"ab\"", false)]
    [InlineData("""{"type":"string","pattern":"b"}""", "\"abc\"", true)]
    [InlineData("""{"type":"string","pattern":"^b"}""", "\"abc\"", false)]
    [InlineData("""{"type":"string","pattern":"^\"$"}""", "\"\\\"\"", true)]
    [InlineData("""{"type":"string","format":"date"}""", "\"2024-02-29\"", true)]
    [InlineData("""{"type":"string","format":"date"}""", "\"2023-02-29\"", false)]
    [InlineData("""{"type":"string","format":"date"}""", "\"1900-02-29\"", false)]
    [InlineData("""{"type":"string","format":"date"}""", "\"2000-02-29\"", true)]
    [InlineData("""{"type":"string","format":"date"}""", "\"2024-04-31\"", false)]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2024-04-30T23:59:59.5+02:00\"", true)]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2024-04-30T23:59:59\"", false)]
    [InlineData("""{"type":"string","format":"ipv4"}""", "\"256.0.0.1\"", false)]
    [InlineData("""{"type":"string","format":"email"}""", "\"a.b@example.org\"", true)]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}]}""", "[]", true)]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}]}""", "[1, 2]", true)]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}]}""", "[2]", false)]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}]}""", "[1,2,3]", false)]
    [InlineData("""{"const":{"a":[1,"x"]}}""", """{"a": [1, "x"]}""", true)]
    [InlineData("""{"enum":[1.50]}""", "1.50", true)]
    [InlineData("""{"enum":[1.50]}""", "1.5", false)]
    [InlineData("{}", "[[[[1]]]]", true)]
    [InlineData("{}", "[[[[[1]]]]]", false)]
    [InlineData("{}", """{"a":[{"b":[null,{}]}]}""", false)]
    [InlineData("{}", """{"a":[{"b":[null]}],"c":"d"}""", true)]
    [InlineData("""{"type":"object","additionalProperties":{"type":"null"},"properties":{"ab":{"const":1}}}""", """{"ab":null}""", false)]
    [InlineData("""{"type":"object","additionalProperties":{"type":"null"},"properties":{"ab":{"const":1}}}""", """{"ab":1,"abc":null,"a":null}""", true)]
    [InlineData(List, """{"n":{"n":{"n":{"n":{}}}}}""", true)]
    [InlineData(List, """{"n":{"n":{"n":{"n":{"n":{}}}}}}""", false)]
    [InlineData("""{"anyOf":[{"$ref":"#/$defs/a~1b%20c"}],"$defs":{"a/b c":{"const":7}}}""", "7", true)]
    [InlineData("""{"anyOf":[false,{"const":1}]}""", "1", true)]
    public void Accepts_HandCase_IsAsExpected(string schema, string document, bool expected)
    {
        Assert.Equal(expected, Languages.Schema(schema).Accepts(document));
    }

    [Fact]
    public void Bounds_RandomNumbers_CompareAsDecimals()
    {
        var random = new Random(13);
        for (int i = 0; i < 300; i++)
        {
            decimal bound = Decimal(random);
            (string keyword, Func<decimal, bool> holds) = (i % 4) switch
            {
                0 => ("minimum", new Func<decimal, bool>(x => x >= bound)),
                1 => ("maximum", x => x <= bound),
                2 => ("exclusiveMinimum", x => x > bound),
                _ => ("exclusiveMaximum", x => x < bound),
            };
            Automaton numbers = Languages.Schema($$"""{"type":"number","{{keyword}}":{{Text(bound)}}}""");
            Automaton integers = Languages.Schema($$"""{"type":"integer","{{keyword}}":{{Text(bound)}}}""");
            for (int j = 0; j < 60; j++)
            {
                decimal value = j < 10 ? bound + ((j - 5) / 10m) : Decimal(random);
                Assert.True(holds(value) == numbers.Accepts(Text(value)), $"{value} {keyword} {bound}");
                if (value % 1 == 0)
                {
                    string whole = Text(decimal.Truncate(value));
                    Assert.True(holds(value) == integers.Accepts(whole), $"{whole} {keyword} {bound}");
                }
            }
        }
    }

    [Theory]
    [InlineData("1e2", "100", true)]
    [InlineData("1e2", "99.999", false)]
    [InlineData("12.5E-1", "1.25", true)]
    [InlineData("12.5E-1", "1.249", false)]
    [InlineData("-0.0", "0", true)]
    [InlineData("-0.0", "-0.1", false)]
    [InlineData("0.007", "0.0070", true)]
    [InlineData("0.007", "0.0069", false)]
    public void Minimum_SpelledInAnyWay_IsTheSameNumber(string bound, string value, bool expected)
    {
        Assert.Equal(expected, Languages.Schema($$"""{"type":"number","minimum":{{bound}}}""").Accepts(value));
    }

    // Mostly few digits, so that many are equal or nearly so.
    private static decimal Decimal(Random random)
    {
        decimal value = random.Next(-1300, 1300);
        return random.Next(4) switch { 0 => value / 100, 1 => value / 10, 2 => decimal.Truncate(value / 40), _ => value };
    }

    private static string Text(decimal value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture) is var text
        && value == 0 ? text.TrimStart('-') : text;
}
