using Laser.Grpc.Protocol;

namespace Laser.Grpc.Tests.Protocol;

public sealed class PercentCodingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text, !~", "plain text, !~")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb\tc\u007f", "a%0Ab%09c%7F")]
    [InlineData("\u00fc\u65e5\ud83d\ude80", "%C3%BC%E6%97%A5%F0%9F%9A%80")]
    public void Encode_Text_RoundTrips(string text, string encoded)
    {
        Assert.Equal(encoded, PercentCoding.Encode(text));
        Assert.Equal(text, PercentCoding.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("a%2", "a%2")]
    [InlineData("%c3%bc", "\u00fc")]
    [InlineData("%ff", "\ufffd")]
    public void Decode_IllFormed_StaysReadable(string encoded, string text) =>
        Assert.Equal(text, PercentCoding.Decode(encoded));

    [Fact]
    public void Encode_LoneSurrogate_IsReplaced() => Assert.Equal("%EF%BF%BD", PercentCoding.Encode("\ud83d"));
}
