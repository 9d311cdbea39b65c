using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Laser.Cli.Commands;

/// <summary>Options that take several numbers above zero, as <c>1,2,3</c> or as words of their own.</summary>
internal static class NumberList
{
    /// <summary>An option, empty by default.</summary>
    public static Option<double[]> Option(string description, string name, params string[] aliases) => Create(
        description, name, aliases, "a number above zero", number => number > 0 && double.IsFinite(number));

    /// <summary>An option of whole numbers, empty by default.</summary>
    public static Option<double[]> WholeOption(int most, string description, string name, params string[] aliases) =>
        Create(
            description,
            name,
            aliases,
            $"a whole number from 1 to {most}",
            number => number >= 1 && number <= most && number == Math.Floor(number));

    private static Option<double[]> Create(
        string description, string name, string[] aliases, string kind, Func<double, bool> isRight)
    {
        return new Option<double[]>(name, aliases)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
            CustomParser = result => Parse(result, kind, isRight),
        };
    }

    private static double[]? Parse(ArgumentResult result, string kind, Func<double, bool> isRight)
    {
        List<double> numbers = [];
        foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                || !isRight(number))
            {
                result.AddError($"'{text}' is not {kind}.");
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
