namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>Cuts a text into the pieces that the model looks at one by one.</summary>
internal interface IPreTokenizer
{
    /// <summary>Adds the pieces of <paramref name="piece"/> to <paramref name="output"/>; none is empty.</summary>
    void Split(Piece piece, List<Piece> output);
}
