namespace Laser.Serve.StructuredOutput.Tests.Schemas;

public sealed class SchemaRefusalTests
{
    [Theory]
    [InlineData("""{"type":"array","uniqueItems":true}""", "#/uniqueItems: keyword \"uniqueItems\" is not supported")]
    [InlineData("""{"allOf":[]}""", "#/allOf: keyword \"allOf\" is not supported")]
    [InlineData("""{"not":{}}""", "#/not: keyword \"not\" is not supported")]
    [InlineData("""{"if":{}}""", "#/if: keyword \"if\" is not supported")]
    [InlineData("""{"type":"integer","multipleOf":2}""", "#/multipleOf: keyword \"multipleOf\" is not supported")]
    [InlineData("""{"properties":{"a/b":{"items":{"x-y":1}}}}""", "#/properties/a~1b/items/x-y: keyword \"x-y\" is not supported")]
    [InlineData("""{"properties":{"a":{"$id":"x"}}}""", "#/properties/a/$id: keyword \"$id\" is not supported")]
    [InlineData("""{"type":"object","patternProperties":{}}""", "#/patternProperties: keyword")]
    [InlineData("""{"type":"string","format":"hostname"}""", "#/format: format \"hostname\" is not supported")]
    [InlineData("""{"type":"string","minimum":1}""", "#/minimum: keyword \"minimum\" says nothing about type string")]
    [InlineData("""{"type":"text"}""", "#/type: type \"text\" does not exist")]
    [InlineData("""{"type":["string","text"]}""", "#/type/1: type \"text\" does not exist")]
    [InlineData("""{"type":1}""", "#/type: must be a string")]
    [InlineData("""{"anyOf":[{"type":"string"}],"type":"string"}""", "#/type: keyword \"type\" is not supported beside \"anyOf\"")]
    [InlineData("""{"$ref":"#/$defs/a","maxLength":3,"$defs":{"a":true}}""", "#/maxLength: keyword \"maxLength\" is not supported beside \"$ref\"")]
    [InlineData("""{"enum":[1],"const":1}""", "#/enum: keyword \"enum\" is not supported beside \"const\"")]
    [InlineData("""{"anyOf":[]}""", "#/anyOf: must not be empty")]
    [InlineData("""{"anyOf":{}}""", "#/anyOf: must be an array")]
    [InlineData("""{"$ref":"other.json"}""", "#/$ref: \"other.json\" is not supported")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "#/$ref: \"#/$defs/x\" points at nothing")]
    [InlineData("""{"$ref":"#/title","title":"t"}""", "#/title: a schema must be an object or a boolean")]
    [InlineData("""{"required":["a"],"properties":{}}""", "#/required: property \"a\" is not among the properties")]
    [InlineData("""{"required":[1]}""", "#/required/0: must be a string")]
    [InlineData("""{"properties":[]}""", "#/properties: must be an object")]
    [InlineData("""{"items":[{"type":"string"}]}""", "#/items: a schema must be an object or a boolean")]
    [InlineData("""{"minItems":-1}""", "#/minItems: must be a whole number")]
    [InlineData("""{"maxItems":1.5}""", "#/maxItems: must be a whole number")]
    [InlineData("""{"minItems":3,"maxItems":2}""", "#/maxItems: is less than minItems, 3")]
    [InlineData("""{"minItems":2,"prefixItems":[true]}""", "#/minItems: is more than the 1 items")]
    [InlineData("""{"minLength":3,"maxLength":2}""", "#/maxLength: is less than minLength, 3")]
    [InlineData("""{"pattern":"a\\b"}""", "#/pattern: offset 1: word boundaries")]
    [InlineData("""{"pattern":7}""", "#/pattern: must be a string")]
    [InlineData("""{"minimum":"1"}""", "#/minimum: must be a number")]
    [InlineData("""{"minimum":1e400}""", "#/minimum: has too many digits")]
    [InlineData("""{"minimum":3,"maximum":2}""", "#: no text fits it")]
    [InlineData("""{"const":"\ud800"}""", "#/const: a surrogate without its partner")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "#/oneOf/1: it cannot be told apart from branch 0")]
    [InlineData("""{"oneOf":[{"const":1},{"enum":[2,1.0]}]}""", "#/oneOf/1: it cannot be told apart")]
    [InlineData("""{"oneOf":[{"type":"string"},{"maxItems":1}]}""", "#/oneOf/1: it cannot be told apart")]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"a":{"const":1}}},{"type":"object","properties":{"a":{"const":2}}}]}""", "#/oneOf/1: it cannot be told apart")]
    [InlineData("""{"type":"object","properties":{"a":1}}""", "#/properties/a: a schema must be")]
    [InlineData("""{"type":"string","type":"null"}""", "#: not JSON: ")]
    [InlineData("{", "#: not JSON: ")]
    [InlineData("7", "#: a schema must be")]
    [InlineData("""{"$ref":"#"}""", "#: no text fits it")]
    public void Compile_SchemaNotSupported_NamesKeywordAndPlace(string schema, string problem)
    {
        ConstraintException exception = Assert.Throws<ConstraintException>(
            () => new ConstraintCompiler(ListTokenizer.AllBytes()).Compile(ConstraintSpec.JsonSchema(schema)));

        Assert.StartsWith($"json_schema: {problem}", exception.Message);
        Assert.Equal("json_schema", exception.Kind);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Theory]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"string"}]}""")]
    [InlineData("""{"oneOf":[{"enum":["a","b"]},{"const":"c"}]}""")]
    [InlineData("""{"oneOf":[{"type":"object","required":["a"]},{"type":"object","properties":{"b":true},"additionalProperties":false}]}""")]
    [InlineData("""{"oneOf":[{"$ref":"#/$defs/x"},{"type":"object","properties":{"k":{"const":2}}}],"$defs":{"x":{"type":"object","required":["k"],"properties":{"k":{"const":1}}}}}""")]
    [InlineData("""{"oneOf":[false,{}]}""")]
    public void Compile_OneOfWithBranchesApart_IsCompiled(string schema)
    {
        Assert.False(Languages.Schema(schema).IsEmpty);
    }
}
