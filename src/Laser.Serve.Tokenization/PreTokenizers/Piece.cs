namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>A stretch of text on its way to the model.</summary>
/// <param name="Text">Its text.</param>
/// <param name="AtStart">Whether it begins where the whole text begins.</param>
internal readonly record struct Piece(ReadOnlyMemory<char> Text, bool AtStart)
{
    /// <summary>A part of the piece.</summary>
    public Piece Slice(int start, int end)
    {
        return new Piece(Text[start..end], AtStart && start == 0);
    }
}
