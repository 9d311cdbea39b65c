using Laser.Serve.Engine.Sampling;

namespace Laser.Serve.Engine.Tests.Sampling;

public class PhiloxTests
{
    // Known answers of the Random123 distribution (kat_vectors, philox4x32, 10 rounds).
    [Theory]
    [InlineData(0x00000000_00000000, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffff_ffffffff, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x299f31d0_a4093822, 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Generate_KnownCounter_GivesKnownAnswer(
        ulong key, uint c0, uint c1, uint c2, uint c3, uint r0, uint r1, uint r2, uint r3)
    {
        PhiloxBlock block = Philox.Generate(key, new PhiloxBlock(c0, c1, c2, c3));

        Assert.Equal(new PhiloxBlock(r0, r1, r2, r3), block);
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
