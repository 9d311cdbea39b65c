using Laser.Serve.Simulation.Running;

namespace Laser.Serve.Simulation.Load;

/// <summary>
/// The requests of a load, in the order they come. A request has its random numbers from its place alone, so that the
/// rate changes nothing but when it comes.
/// </summary>
internal sealed class RequestTrace
{
    /// <summary>Token ids of prompts are below this.</summary>
    public const int VocabularySize = SimulatedTokenizer.TokenCount;

    private const ulong ArrivalStream = 1;
    private const ulong PrefixStream = 2;
    private const ulong FirstRequestStream = 3;

    private readonly LoadOptions _options;
    private readonly int[][] _prefixes;

    /// <summary>Makes the shared prefixes; requests are made as they are read.</summary>
    public RequestTrace(LoadOptions options)
    {
        _options = options;
        var random = new RandomStream(options.Seed, PrefixStream);
        _prefixes = new int[options.SharedPrefixCount][];
        foreach (ref int[] prefix in _prefixes.AsSpan())
        {
            prefix = new int[options.SharedLength];
            Fill(prefix, random);
        }
    }

    /// <summary>The requests.</summary>
    /// <param name="rate">Requests a second, in the mean.</param>
    public IEnumerable<PlannedRequest> At(double rate)
    {
        double time = 0;
        ulong stream = FirstRequestStream;
        var arrivals = new RandomStream(_options.Seed, ArrivalStream);
        foreach (double gap in _options.Arrivals.Gaps(arrivals, rate).Take(_options.RequestCount))
        {
            time += gap;
            yield return Create(SimulatedClock.FromSeconds(time), new RandomStream(_options.Seed, stream++));
        }
    }

    private PlannedRequest Create(long arrival, RandomStream random)
    {
        int ownLength = _options.PromptLength.Draw(random);
        int outputLength = _options.OutputLength.Draw(random);
        int? prefix = random.NextUniform() < _options.SharedShare
            ? (int)(random.NextUniform() * _prefixes.Length)
            : null;
        long? cancellation = random.NextUniform() < _options.CancelShare
            ? arrival + SimulatedClock.FromSeconds(_options.CancelSeconds * random.NextExponential())
            : null;
        return new PlannedRequest
        {
            Arrival = arrival,
            Prompt = CreatePrompt(prefix is int index ? _prefixes[index] : [], ownLength, random),
            OutputLength = Math.Min(outputLength, _options.MaxTokens ?? outputLength),
            Prefix = prefix,
            Cancellation = cancellation,
        };
    }

    private static int[] CreatePrompt(int[] prefix, int ownLength, RandomStream random)
    {
        int[] prompt = new int[prefix.Length + ownLength];
        prefix.CopyTo(prompt, 0);
        Fill(prompt.AsSpan(prefix.Length), random);
        return prompt;
    }

    private static void Fill(Span<int> tokens, RandomStream random)
    {
        const int BitsPerToken = 8;
        ulong bits = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            bits = i % (64 / BitsPerToken) == 0 ? random.NextBits() : bits >> BitsPerToken;
            tokens[i] = (int)(bits % VocabularySize);
        }
    }
}
