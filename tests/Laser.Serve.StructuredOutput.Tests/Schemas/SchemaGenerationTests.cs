using System.Text.Json;
using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tests.Schemas;

/// <summary>What comes out under a schema is JSON, and the schema holds for it: random tokens stand for a model.</summary>
public sealed class SchemaGenerationTests
{
    public static TheoryData<string> Schemas =>
    [
        "{}",
        "true",
        """{"type": "object"}""",
        """{"type": "array", "maxItems": 3}""",
        """{"type": "string", "minLength": 2, "maxLength": 5}""",
        """{"type": "string", "pattern": "^[A-Z]+-\\d{2,4}$"}""",
        """{"type": "string", "pattern": "b+", "minLength": 3, "maxLength": 6}""",
        """{"type": "string", "pattern": "^[^\\x00-\\x1f]*\\n\"\\\\$"}""",
        """{"type": "string", "pattern": "^[\\x00-\\x1f]{4}$"}""",
        """{"type": "string", "format": "date"}""",
        """{"type": "string", "format": "time"}""",
        """{"type": "string", "format": "date-time"}""",
        """{"type": "string", "format": "uuid"}""",
        """{"type": "string", "format": "ipv4"}""",
        """{"type": "string", "format": "email", "maxLength": 40}""",
        """{"type": "number"}""",
        """{"type": "integer"}""",
        """{"type": "integer", "minimum": -7, "maximum": 120}""",
        """{"type": "integer", "exclusiveMinimum": 0, "maximum": 1e3}""",
        """{"type": "number", "minimum": 0, "exclusiveMaximum": 1}""",
        """{"type": "number", "exclusiveMinimum": -1.25, "maximum": 0.5}""",
        """{"enum": ["a", 1, null, true, {"x": [1, "\u00e9\n"]}, -2.50]}""",
        """{"type": ["string", "integer"], "enum": ["a", 1, null, 1.5, 2.0]}""",
        """{"const": {"a": [], "b": {}}}""",
        """{"type": ["boolean", "null", "array"], "items": {"type": "boolean"}, "minItems": 1}""",
        """{"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 1}""",
        """{"type": "array", "prefixItems": [{"const": 1}], "items": {"const": 2}, "minItems": 3, "maxItems": 5}""",
        """{"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": {"const": 3}, "maxItems": 1}""",
        """{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {}}, "required": ["b"], "additionalProperties": false}""",
        """{"type": "object", "properties": {"ab": {"type": "null"}, "a\"\n": {"const": 1}}, "additionalProperties": {"type": "boolean"}}""",
        """{"type": "object", "required": ["k"], "additionalProperties": {"type": "integer"}}""",
        """{"type": "object", "properties": {}, "additionalProperties": true}""",
        """{"anyOf": [{"type": "string", "maxLength": 3}, {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}}], "$defs": {"n": {"type": "integer", "minimum": 10}}}""",
        """{"oneOf": [{"type": "object", "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind"]}, {"type": "object", "properties": {"kind": {"enum": ["b", "c"]}, "y": {"type": "string"}}, "required": ["kind"]}, {"type": "null"}]}""",
        """{"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}, "required": ["value", "next"], "additionalProperties": false}}}""",
        """{"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}}, "required": ["name", "children"]}""",
    ];

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Generate_RandomTokens_GivesDocumentsForWhichTheSchemaHolds(string schema)
    {
        Check(schema, TestTokenizers.Tales, 25);
        Check(schema, ListTokenizer.AllBytes(), 25);
    }

    private static void Check(string schema, ITokenizer tokenizer, int count)
    {
        using JsonDocument schemaDocument = JsonDocument.Parse(schema);
        TokenConstraint constraint = new ConstraintCompiler(tokenizer).Compile(ConstraintSpec.JsonSchema(schema));
        var walk = new TokenWalk(constraint, tokenizer, new Random(12));
        for (int i = 0; i < count; i++)
        {
            string text = walk.GenerateText(tokens: 5 + (2 * i));
            using JsonDocument document = JsonDocument.Parse(text);
            Assert.True(SchemaCheck.Holds(schemaDocument.RootElement, document.RootElement, schemaDocument.RootElement), text);
        }
    }
}
