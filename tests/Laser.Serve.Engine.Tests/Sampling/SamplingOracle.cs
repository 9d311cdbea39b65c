using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Tests.Sampling;

/// <summary>What the sampler must do, in the plainest form: float64, one token at a time, everything sorted.</summary>
internal static class SamplingOracle
{
    /// <summary>Logits as they are before the temperature; negative infinity for what may not follow.</summary>
    public static double[] Adjust(float[] logits, GenerationRequest request, IReadOnlyList<int> generated)
    {
        double[] adjusted = [.. logits.Select(logit => (double)logit)];
        foreach ((int id, float bias) in request.Sampling.LogitBias)
        {
            adjusted[id] += bias;
        }

        for (int id = 0; id < adjusted.Length; id++)
        {
            adjusted[id] = MayFollow(request, generated, id)
                ? Penalize(adjusted[id], request, generated, id)
                : double.NegativeInfinity;
        }

        return adjusted;
    }

    /// <summary>Probability of each token.</summary>
    public static double[] Probabilities(IReadOnlyList<double> logits, SamplingParams sampling)
    {
        List<int> ids = [.. Enumerable.Range(0, logits.Count).Where(id => !double.IsNegativeInfinity(logits[id]))];
        ids = [.. ids.OrderByDescending(id => logits[id]).ThenBy(id => id)];
        double max = logits[ids[0]];
        if (sampling.Temperature == 0)
        {
            ids = ids[..1];
        }

        if (sampling.TopK > 0)
        {
            ids = ids[..Math.Min(sampling.TopK, ids.Count)];
        }

        var p = new double[logits.Count];
        double temperature = sampling.Temperature == 0 ? 1 : sampling.Temperature;
        ids.ForEach(id => p[id] = Math.Exp((logits[id] - max) / temperature));
        Normalize(p);
        if (sampling.TypicalP < 1)
        {
            double entropy = ids.Sum(id => p[id] > 0 ? -p[id] * Math.Log(p[id]) : 0);
            KeepMass(p, ids.OrderBy(id => Math.Abs(-Math.Log(p[id]) - entropy)).ThenBy(id => id), sampling.TypicalP);
        }

        if (sampling.TopP < 1)
        {
            KeepMass(p, ids.OrderByDescending(id => p[id]).ThenBy(id => id), sampling.TopP);
        }

        double least = sampling.MinP * p.Max();
        ids.ForEach(id => p[id] = p[id] >= least ? p[id] : 0);
        Normalize(p);
        return p;
    }

    private static bool MayFollow(GenerationRequest request, IReadOnlyList<int> generated, int id)
    {
        SamplingParams sampling = request.Sampling;
        bool isStop = request.StopTokenIds.Contains(id);
        bool isAllowed = sampling.AllowedTokenIds.Count == 0 || sampling.AllowedTokenIds.Contains(id) || isStop;
        if (!isAllowed || sampling.BannedTokenIds.Contains(id) || (isStop && generated.Count < request.MinTokens))
        {
            return false;
        }

        if (request.Constraint is null)
        {
            return true;
        }

        int state = generated.Aggregate(request.Constraint.StartState, request.Constraint.Advance);
        ReadOnlySpan<ulong> words = request.Constraint.AllowedTokens(state);
        bool isInMask = id / 64 < words.Length && (words[id / 64] >> id % 64 & 1) == 1;
        return isStop ? request.Constraint.CanEnd(state) : isInMask;
    }

    private static double Penalize(double logit, GenerationRequest request, IReadOnlyList<int> generated, int id)
    {
        SamplingParams sampling = request.Sampling;
        int count = generated.Count(token => token == id);
        if (count > 0 || request.PromptTokenIds.Contains(id))
        {
            logit = logit > 0 ? logit / sampling.RepetitionPenalty : logit * sampling.RepetitionPenalty;
        }

        return logit - (sampling.FrequencyPenalty * count) - (count > 0 ? sampling.PresencePenalty : 0);
    }

    private static void KeepMass(double[] p, IEnumerable<int> ordered, double mass)
    {
        double sum = 0;
        foreach (int id in ordered.ToArray())
        {
            double before = sum;
            sum += p[id];
            p[id] = before < mass ? p[id] : 0;
        }

        Normalize(p);
    }

    private static void Normalize(double[] p)
    {
        double total = p.Sum();
        for (int id = 0; id < p.Length; id++)
        {
            p[id] /= total;
        }
    }
}
