using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.StructuredOutput.Expressions;
using Laser.Serve.StructuredOutput.Patterns;
using Laser.Serve.StructuredOutput.Schemas;
using Laser.Serve.StructuredOutput.Tokens;
using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput;

/// <summary>
/// Makes constraints for one tokenizer, and keeps them for the next request that wants the same. Thread-safe: different
/// constraints are compiled at one time, the same one only once.
/// </summary>
public sealed class ConstraintCompiler
{
    private readonly ITokenizer _tokenizer;
    private readonly ConstraintLimits _limits;
    private readonly TokenTrie _trie;
    private readonly MaskStore _masks;
    private readonly ConstraintCache _cache;

    /// <summary>Sorts the vocabulary, which takes about a microsecond for each token.</summary>
    /// <param name="tokenizer">Whose tokens are generated.</param>
    /// <param name="limits">What constraints may cost.</param>
    public ConstraintCompiler(ITokenizer tokenizer, ConstraintLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _limits = limits ?? new ConstraintLimits();
        _trie = new TokenTrie(tokenizer);
        _masks = new MaskStore(_limits.MaxMaskBytes);
        _cache = new ConstraintCache(_limits.MaxCachedBytes);
    }

    /// <summary>What the caches hold and how often they helped.</summary>
    public ConstraintStatistics Statistics => _cache.Statistics with { MaskBytes = _masks.Bytes };

    /// <summary>The constraint that a client asks for. May take a good part of a second if it is new.</summary>
    /// <exception cref="ConstraintException">
    /// It is wrong, not supported, too large, or no text of this tokenizer fits it.
    /// </exception>
    public TokenConstraint Compile(ConstraintSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        SpecPlace place = SpecPlace.Of(spec.Kind);
        return spec.Texts.Sum(text => (long)text.Length) <= _limits.MaxPatternLength
            ? _cache.GetOrAdd(spec, Build)
            : throw place.Error($"longer than {_limits.MaxPatternLength} characters");
    }

    private AutomatonConstraint Build(ConstraintSpec spec)
    {
        SpecPlace place = SpecPlace.Of(spec.Kind);
        var budget = new CompileBudget(_limits, place);
        Automaton automaton = PartialBuilder.Build(Read(spec, place, budget), budget);
        if (automaton.IsEmpty)
        {
            throw place.Error("no text fits it");
        }

        bool[] live = TokenReach.Find(automaton, _trie, budget);
        if (!live[Automaton.Start])
        {
            throw place.Error("the tokens of this model cannot spell a text that fits it");
        }

        var constraint = new AutomatonConstraint(automaton, live, _trie, _tokenizer, _masks);

        // Every sequence needs this one, and here nobody waits for it.
        constraint.AllowedTokens(constraint.StartState);
        return constraint;
    }

    private static Expression Read(ConstraintSpec spec, SpecPlace place, CompileBudget budget) => spec.Kind switch
    {
        ConstraintKind.Choice => ChoiceReader.Read(spec.Texts, place),
        ConstraintKind.Regex => RegexParser.ParseWhole(spec.Texts[0], place),
        _ => SchemaReader.Read(spec.Texts[0], place, budget),
    };
}
