using System.Text.Json;
using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput.Schemas;

/// <summary>
/// Reads the regular part of JSON Schema 2020-12: the JSON documents for which a schema holds, as far as an automaton
/// can tell. What is not supported is an error that names it; nothing is ignored but annotations.
/// </summary>
/// <remarks>https://json-schema.org/draft/2020-12</remarks>
internal sealed class SchemaReader
{
    private const int MaxDepth = 100;
    private const int StepsPerSchema = 1000;

    private readonly SchemaReferences _references;
    private readonly CompileBudget _budget;
    private readonly SchemaDisjointness _disjointness;
    private int _depth;

    private SchemaReader(SchemaReferences references, CompileBudget budget)
    {
        _references = references;
        _budget = budget;
        _disjointness = new SchemaDisjointness(references, budget);
    }

    /// <exception cref="ConstraintException">The schema is wrong or not supported.</exception>
    public static Expression Read(string schema, SpecPlace place, CompileBudget budget)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(schema, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw place.Error($"not JSON: {exception.Message}");
        }

        using (document)
        {
            var root = new SchemaNode(document.RootElement, place);
            return new SchemaReader(new SchemaReferences(root), budget).ReadSchema(root, isRoot: true);
        }
    }

    private Expression ReadSchema(SchemaNode schema) => ReadSchema(schema, isRoot: false);

    private Expression ReadSchema(SchemaNode schema, bool isRoot)
    {
        _budget.Work(StepsPerSchema);
        if (_depth == MaxDepth)
        {
            throw schema.Error($"schemas are nested more than {MaxDepth} deep");
        }

        switch (schema.Element.ValueKind)
        {
            case JsonValueKind.True:
                return JsonValues.Any;
            case JsonValueKind.False:
                return Expression.Never;
            case JsonValueKind.Object:
                _depth++;
                Expression result = ReadObject(schema, SchemaKeywords.Check(schema, isRoot));
                _depth--;
                return result;
            default:
                throw schema.Error("a schema must be an object or a boolean");
        }
    }

    private Expression ReadObject(SchemaNode schema, string? leading)
    {
        switch (leading)
        {
            case "$ref":
                SchemaNode reference = schema.Find(leading)!.Value;
                using (SchemaReferences.Visit visit = _references.Enter(reference))
                {
                    return visit.Target is SchemaNode target ? ReadSchema(target) : Expression.Never;
                }

            case "anyOf":
                return Expression.AnyOf([.. Branches(schema, leading).Select(ReadSchema)]);
            case "oneOf":
                SchemaNode[] branches = Branches(schema, leading);
                _disjointness.Check(branches);
                return Expression.AnyOf([.. branches.Select(ReadSchema)]);
            case "const":
                return ReadValues(schema, [schema.Find(leading)!.Value]);
            case "enum":
                return ReadValues(schema, [.. schema.Find(leading)!.Value.Items()]);
            default:
                IReadOnlyList<string>? types = SchemaKeywords.FindTypes(schema);
                return types is null
                    ? JsonValues.Any
                    : Expression.AnyOf([.. types.Distinct().Select(type => ReadType(schema, type))]);
        }
    }

    private static SchemaNode[] Branches(SchemaNode schema, string keyword)
    {
        SchemaNode list = schema.Find(keyword)!.Value;
        SchemaNode[] branches = [.. list.Items()];
        return branches.Length > 0 ? branches : throw list.Error("must not be empty");
    }

    private static Expression ReadValues(SchemaNode schema, SchemaNode[] values)
    {
        IReadOnlyList<string>? types = schema.Find("type") is SchemaNode type ? SchemaKeywords.ReadTypes(type) : null;
        return Expression.AnyOf(values
            .Where(value => types is null || types.Any(name => SchemaKeywords.IsOfType(value.Element, name)))
            .Select(JsonValues.Given)
            .ToArray());
    }

    private Expression ReadType(SchemaNode schema, string type) => type switch
    {
        "null" => JsonValues.Null,
        "boolean" => JsonValues.Boolean,
        "string" => StringSchema.Read(schema),
        "array" => ArraySchema.Read(schema, ReadSchema),
        "object" => ObjectSchema.Read(schema, ReadSchema),
        _ => NumberSchema.Read(schema, isInteger: type == "integer"),
    };
}
