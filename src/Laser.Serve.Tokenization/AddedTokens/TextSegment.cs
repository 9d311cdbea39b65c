namespace Laser.Serve.Tokenization.AddedTokens;

/// <summary>A part of a text: a token found in it, or what lies between.</summary>
internal readonly record struct TextSegment(int Start, int Length, int? TokenId);
