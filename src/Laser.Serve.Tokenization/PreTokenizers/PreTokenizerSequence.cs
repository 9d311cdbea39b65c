namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>Each pre-tokenizer cuts the pieces of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> preTokenizers) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> output)
    {
        List<Piece> pieces = [piece];
        List<Piece> next = [];
        foreach (IPreTokenizer preTokenizer in preTokenizers)
        {
            next.Clear();
            foreach (Piece item in pieces)
            {
                preTokenizer.Split(item, next);
            }

            (pieces, next) = (next, pieces);
        }

        output.AddRange(pieces);
    }
}
