namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>A byte in the tree of a vocabulary.</summary>
/// <param name="End">The node behind all that are below this one.</param>
/// <param name="TokenStart">Where its tokens begin; they end where those of the next node begin.</param>
/// <param name="Depth">1 for the first byte of a token.</param>
/// <param name="Value">The byte.</param>
internal readonly record struct TrieNode(int End, int TokenStart, ushort Depth, byte Value);
