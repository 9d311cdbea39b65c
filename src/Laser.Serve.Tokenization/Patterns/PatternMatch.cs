namespace Laser.Serve.Tokenization.Patterns;

/// <summary>A stretch of a text: a match of a pattern, or what lies between two.</summary>
internal readonly record struct PatternMatch(int Start, int End, bool IsMatch);
