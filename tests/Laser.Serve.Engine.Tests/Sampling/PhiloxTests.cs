using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class PhiloxTests
{
    // Known answers of the Random123 distribution (kat_vectors, philox4x32, 10 rounds).
    public static TheoryData<ulong, uint[], uint[]> KnownAnswers => new()
    {
        { 0, [0, 0, 0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
        {
            ulong.MaxValue,
            [uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue],
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        },
        {
            0x299f31d0_a4093822,
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        },
    };

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public void Generate_KnownCounter_GivesKnownAnswer(ulong key, uint[] counter, uint[] answer)
    {
        PhiloxBlock block = Philox.Generate(key, new PhiloxBlock(counter[0], counter[1], counter[2], counter[3]));

        Assert.Equal(new PhiloxBlock(answer[0], answer[1], answer[2], answer[3]), block);
    }

    [Fact]
    public void Uniform_EachPartOfTheKey_Matters()
    {
        double[] numbers =
        [
            Philox.Uniform(1, 0, 0), Philox.Uniform(2, 0, 0), Philox.Uniform(1UL << 32, 0, 0), Philox.Uniform(1, 1, 0),
            Philox.Uniform(1, 0, 1),
        ];

        Assert.Equal(numbers.Length, numbers.Distinct().Count());
        Assert.All(numbers, number => Assert.InRange(number, 0, 1 - double.Epsilon));
    }
}
