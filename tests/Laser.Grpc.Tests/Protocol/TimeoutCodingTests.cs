using Laser.Grpc.Protocol;

namespace Laser.Grpc.Tests.Protocol;

public sealed class TimeoutCodingTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("250m", 2_500_000)]
    [InlineData("7u", 70)]
    [InlineData("100n", 1)]
    [InlineData("101n", 2)]
    [InlineData("0S", 0)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    public void TryParse_EachUnit_GivesTicks(string text, long ticks)
    {
        Assert.True(TimeoutCoding.TryParse(text, out TimeSpan timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("5s")]
    [InlineData("-5S")]
    [InlineData("+5S")]
    [InlineData("5.0S")]
    [InlineData(" 5S")]
    [InlineData("123456789S")]
    public void TryParse_OtherForms_AreRefused(string? text) => Assert.False(TimeoutCoding.TryParse(text, out _));

    [Theory]
    [InlineData(-1, "1n")]
    [InlineData(0, "1n")]
    [InlineData(1, "100n")]
    [InlineData(2_500_000, "250000u")]
    [InlineData(999_999_990_001, "100000S")]
    [InlineData(36_000_000_000, "3600000m")]
    public void Format_Ticks_TakesTheFinestUnitThatFits(long ticks, string expected) =>
        Assert.Equal(expected, TimeoutCoding.Format(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData(1)]
    [InlineData(12_345_678_901)]
    [InlineData(999_999_990_000_001)]
    [InlineData(long.MaxValue / 3)]
    public void Format_AnyTime_IsNeverShorter(long ticks)
    {
        Assert.True(TimeoutCoding.TryParse(TimeoutCoding.Format(TimeSpan.FromTicks(ticks)), out TimeSpan read));
        Assert.InRange(read.Ticks, ticks, ticks + TimeSpan.TicksPerHour);
    }
}
