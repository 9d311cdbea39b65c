namespace Laser.Serve.Tokenization.Patterns;

/// <summary>A regular expression is wrong or uses something that is not supported.</summary>
internal sealed class PatternSyntaxException(string problem, int offset)
    : Exception($"{problem} at offset {offset} of the regular expression");
