namespace Laser.Serve.Benchmarks.Quantization;

/// <summary>How well logits foretell a text, and how far they are from others.</summary>
internal sealed class LogitScore
{
    private double _loss;
    private double _divergence;
    private double _errors;
    private int _sameChoices;

    /// <summary>Tokens foretold.</summary>
    public int Tokens { get; private set; }

    /// <summary>exp of the mean negative logarithm of the probability of the next token.</summary>
    public double Perplexity => Math.Exp(_loss / Tokens);

    /// <summary>Mean Kullback-Leibler divergence from the reference, in nats.</summary>
    public double Divergence => _divergence / Tokens;

    /// <summary>Mean of the absolute difference of a logit, over tokens and vocabulary.</summary>
    public double MeanError => _errors / Tokens;

    /// <summary>The largest.</summary>
    public double LargestError { get; private set; }

    /// <summary>Share of tokens with the same most likely next token.</summary>
    public double SameChoice => (double)_sameChoices / Tokens;

    /// <summary>Counts one token.</summary>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits, int next)
    {
        double referenceSum = LogSumExp(reference);
        double sum = LogSumExp(logits);
        double errors = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            double error = Math.Abs((double)logits[i] - reference[i]);
            errors += error;
            LargestError = Math.Max(LargestError, error);
            double expected = reference[i] - referenceSum;
            _divergence += Math.Exp(expected) * (expected - (logits[i] - sum));
        }

        Tokens++;
        _errors += errors / logits.Length;
        _loss += sum - logits[next];
        _sameChoices += MostLikely(reference) == MostLikely(logits) ? 1 : 0;
    }

    private static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double largest = logits[MostLikely(logits)];
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return largest + Math.Log(sum);
    }

    private static int MostLikely(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }
}
