namespace Laser.Serve.StructuredOutput.Tokens;

/// <summary>Sees where tokens lead.</summary>
internal interface ITokenVisitor
{
    /// <summary>Tokens with the same bytes lead to a state.</summary>
    /// <returns>Whether to go on.</returns>
    bool Visit(int state, ReadOnlySpan<int> tokenIds);
}
