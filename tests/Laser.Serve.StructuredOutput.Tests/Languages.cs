using System.Text;
using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.StructuredOutput.Expressions;
using Laser.Serve.StructuredOutput.Patterns;
using Laser.Serve.StructuredOutput.Schemas;

namespace Laser.Serve.StructuredOutput.Tests;

/// <summary>Automata of patterns and schemas, without a tokenizer.</summary>
internal static class Languages
{
    public static Automaton Regex(string pattern) => Build(RegexParser.ParseWhole(pattern, SpecPlace.Regex));

    public static Automaton Schema(string schema)
    {
        var budget = new CompileBudget(new ConstraintLimits(), SpecPlace.JsonSchema);
        return PartialBuilder.Build(SchemaReader.Read(schema, SpecPlace.JsonSchema, budget), budget);
    }

    public static Automaton Build(Expression expression)
    {
        return PartialBuilder.Build(expression, new CompileBudget(new ConstraintLimits(), SpecPlace.Regex));
    }

    public static bool Accepts(this Automaton automaton, string text) => automaton.Accepts(Encoding.UTF8.GetBytes(text));
}
