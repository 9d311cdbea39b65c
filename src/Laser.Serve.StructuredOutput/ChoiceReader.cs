using System.Text;
using Laser.Serve.StructuredOutput.Expressions;

namespace Laser.Serve.StructuredOutput;

/// <summary>Reads a list of texts.</summary>
internal static class ChoiceReader
{
    private const int MaxCount = 1024;

    public static Expression Read(IReadOnlyList<string> texts, SpecPlace place)
    {
        if (texts.Count is 0 or > MaxCount)
        {
            throw place.Error($"{texts.Count} texts; there must be 1 to {MaxCount}");
        }

        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        return Expression.AnyOf(texts.Select((text, index) =>
        {
            try
            {
                return (Expression)new Expression.Literal(strict.GetBytes(text));
            }
            catch (EncoderFallbackException)
            {
                throw place.Text(index).Error("a surrogate without its partner");
            }
        }));
    }
}
