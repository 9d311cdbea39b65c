using Laser.Serve.Tokenization.Patterns;

namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>Cuts a text at the matches of a pattern; inverted, at what lies between them.</summary>
internal sealed class SplitPreTokenizer(ITextPattern pattern, DelimiterBehavior behavior, bool invert = false)
    : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> output)
    {
        var matches = new List<PatternMatch>();
        pattern.FindMatches(piece.Text.Span, matches);

        var builder = new PieceBuilder(piece, output);
        bool isDelimiterBefore = false;
        for (int i = 0; i < matches.Count; i++)
        {
            PatternMatch match = matches[i];
            bool isDelimiter = match.IsMatch != invert;
            bool joins = behavior switch
            {
                DelimiterBehavior.Contiguous => isDelimiter == isDelimiterBefore,
                DelimiterBehavior.MergedWithPrevious => isDelimiter && !isDelimiterBefore,
                DelimiterBehavior.MergedWithNext => !isDelimiter && isDelimiterBefore,
                _ => false,
            };
            builder.Add(match, joins, dropped: isDelimiter && behavior == DelimiterBehavior.Removed);
            isDelimiterBefore = isDelimiter;
        }

        builder.Finish();
    }

    /// <summary>Puts together what joins before it goes out.</summary>
    private struct PieceBuilder(Piece piece, List<Piece> output)
    {
        private int _start;
        private int _end;

        public void Add(PatternMatch match, bool joins, bool dropped)
        {
            if (!joins)
            {
                Finish();
                _start = match.Start;
            }

            _end = match.End;
            if (dropped)
            {
                _start = _end;
            }
        }

        public void Finish()
        {
            if (_start < _end)
            {
                output.Add(piece.Slice(_start, _end));
            }

            _start = _end;
        }
    }
}
