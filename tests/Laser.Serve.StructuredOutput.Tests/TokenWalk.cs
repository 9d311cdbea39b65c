using System.Text;
using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.StructuredOutput.Tokens;
using Laser.Serve.Tokenization;

namespace Laser.Serve.StructuredOutput.Tests;

/// <summary>Generates texts under a constraint as an engine does, with random tokens for a model's.</summary>
internal sealed class TokenWalk
{
    private readonly TokenConstraint _constraint;
    private readonly ITokenizer _tokenizer;
    private readonly Random _random;
    private readonly int[] _distances;

    public TokenWalk(TokenConstraint constraint, ITokenizer tokenizer, Random random)
    {
        _constraint = constraint;
        _tokenizer = tokenizer;
        _random = random;
        _distances = FindDistances(((AutomatonConstraint)constraint).Automaton);
    }

    /// <summary>A whole text. After so many tokens it takes those that lead to the end soonest.</summary>
    public byte[] Generate(int tokens)
    {
        var bytes = new List<byte>();
        int state = _constraint.StartState;
        for (int count = 0; !_constraint.MustEnd(state); count++)
        {
            if (_constraint.CanEnd(state) && (count >= tokens || _random.Next(4) == 0))
            {
                break;
            }

            int[] allowed = Allowed(_constraint, state);
            Assert.NotEmpty(allowed);
            int token = count < tokens
                ? allowed[_random.Next(allowed.Length)]
                : allowed.MinBy(id => _distances[_constraint.Advance(state, id)]);
            bytes.AddRange(_tokenizer.TokenBytes(token));
            state = _constraint.Advance(state, token);
        }

        Assert.True(_constraint.CanEnd(state));
        return [.. bytes];
    }

    /// <summary>A whole text, which must be UTF-8.</summary>
    public string GenerateText(int tokens)
    {
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Generate(tokens));
    }

    public static int[] Allowed(TokenConstraint constraint, int state)
    {
        ReadOnlySpan<ulong> mask = constraint.AllowedTokens(state);
        var ids = new List<int>();
        for (int id = 0; id < 64 * mask.Length; id++)
        {
            if ((mask[id / 64] >> (id % 64) & 1) != 0)
            {
                ids.Add(id);
            }
        }

        return [.. ids];
    }

    private static int[] FindDistances(Automaton automaton)
    {
        int[] distances = new int[automaton.StateCount];
        for (int state = 0; state < distances.Length; state++)
        {
            distances[state] = automaton.IsAccepting(state) ? 0 : int.MaxValue;
        }

        for (bool changed = true; changed;)
        {
            changed = false;
            for (int state = distances.Length - 1; state >= 0; state--)
            {
                foreach (int next in automaton.Row(state))
                {
                    if (next != Automaton.Dead && distances[next] != int.MaxValue && distances[next] + 1 < distances[state])
                    {
                        distances[state] = distances[next] + 1;
                        changed = true;
                    }
                }
            }
        }

        return distances;
    }
}
