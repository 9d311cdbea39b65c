using Laser.Serve.StructuredOutput.Automata;
using Laser.Serve.StructuredOutput.Expressions;
using Laser.Serve.StructuredOutput.Patterns;
using Laser.Serve.StructuredOutput.Tests.Patterns;

namespace Laser.Serve.StructuredOutput.Tests.Automata;

public sealed class AutomatonTests
{
    [Theory]
    [InlineData("(a|b)*abb", 4)]
    [InlineData("(a|b)*a(a|b){3}", 16)]
    [InlineData("abc|abd|xbc|xbd", 4)]
    [InlineData("a{1,1000}", 1001)]
    [InlineData("(a?){100}", 101)]
    [InlineData("a*a*a*", 1)]
    [InlineData("[ab]", 2)]
    public void Build_KnownLanguage_HasTheFewestStates(string pattern, int states)
    {
        Assert.Equal(states, Languages.Regex(pattern).StateCount);
    }

    [Fact]
    public void Build_SameLanguageWrittenOtherwise_GivesTheSameAutomaton()
    {
        var patterns = new RandomPattern(new Random(5));
        for (int i = 0; i < 200; i++)
        {
            string pattern = patterns.Next(4).Ours;
            Automaton once = Languages.Regex($"(?:{pattern})|x");
            Automaton twice = Languages.Regex($"x|(?:{pattern})y{{0}}|(?:{pattern}){{1,1}}|(?:{pattern})[^\\s\\S]");

            Assert.Equal(once.StateCount, twice.StateCount);
            for (int state = 0; state < once.StateCount; state++)
            {
                Assert.Equal(once.IsAccepting(state), twice.IsAccepting(state));
                Assert.Equal(Targets(once, state), Targets(twice, state));
            }
        }
    }

    [Fact]
    public void Combine_RandomPairs_IsBothOrTheOneOnly()
    {
        var patterns = new RandomPattern(new Random(6));
        int both = 0;
        int one = 0;
        for (int i = 0; i < 200; i++)
        {
            (string left, string right) = (patterns.Next(3).Ours, patterns.Next(3).Ours);
            Expression leftPart = RegexParser.ParseWhole(left, SpecPlace.Regex);
            Expression rightPart = RegexParser.ParseWhole(right, SpecPlace.Regex);
            Automaton leftOnly = Languages.Build(leftPart);
            Automaton rightOnly = Languages.Build(rightPart);
            Automaton intersection = Languages.Build(Expression.Both(leftPart, rightPart));
            Automaton rest = Languages.Build(Expression.Sequence(Expression.Empty, Expression.Except(leftPart, rightPart)));
            for (int j = 0; j < 50; j++)
            {
                string text = patterns.Text();
                (bool inLeft, bool inRight) = (leftOnly.Accepts(text), rightOnly.Accepts(text));
                both += inLeft && inRight ? 1 : 0;
                one += inLeft && !inRight ? 1 : 0;
                Assert.Equal(inLeft && inRight, intersection.Accepts(text));
                Assert.Equal(inLeft && !inRight, rest.Accepts(text));
            }
        }

        Assert.True(both > 50 && one > 50, $"{both} and {one}");
    }

    [Fact]
    public void Build_NoTextFits_IsEmpty()
    {
        Expression never = Expression.Both(Expression.Text("a"), Expression.Text("b"));

        Assert.True(Languages.Build(never).IsEmpty);
        Assert.True(Languages.Build(Expression.Sequence(Expression.Text("x"), never)).IsEmpty);
        Assert.True(Languages.Build(Expression.Never).IsEmpty);
        Assert.False(Languages.Build(Expression.AnyOf(Expression.Text("x"), never)).IsEmpty);
    }

    [Fact]
    public void Build_AllStates_LeadToAnEnd()
    {
        var patterns = new RandomPattern(new Random(7));
        for (int i = 0; i < 100; i++)
        {
            Automaton automaton = Languages.Regex(patterns.Next(4).Ours);
            Assert.DoesNotContain(false, LiveStates.Find(automaton, automaton.IsAccepting, _ => true));
        }
    }

    private static int[] Targets(Automaton automaton, int state)
    {
        return [.. Enumerable.Range(0, 256).Select(value => automaton.Next(state, (byte)value))];
    }
}
