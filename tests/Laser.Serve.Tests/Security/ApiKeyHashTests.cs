using Laser.Serve.Security;

namespace Laser.Serve.Tests.Security;

public class ApiKeyHashTests
{
    private const string Key = "0123456789abcdef";

    // sha256sum of the key's 16 bytes.
    private const string Hash = "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f";

    [Fact]
    public void Format_Key_IsItsSha256() => Assert.Equal("sha256:" + Hash, ApiKeyHash.Format(Key));

    [Theory]
    [InlineData(Key)]
    [InlineData("sha256:" + Hash)]
    [InlineData("SHA256:9F9F5111F7B27A781F1F1DDDE5EBC2DD2B796BFC7365C9C28B548E564176929F")]
    public void Parse_KeyOrHash_IsTheSameHash(string entry)
    {
        Assert.Equal(Convert.FromHexString(Hash), ApiKeyHash.Parse(entry, out string? problem));
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("0123456789abcde", "has 15 characters; it must have at least 16")]
    [InlineData("", "has 0 characters")]
    [InlineData("0123456789 abcdef", "has a space")]
    [InlineData("0123456789abcde\u00e9", "outside ASCII")]
    [InlineData("sha256:", "is no hash")]
    [InlineData("sha256:" + Hash + "00", "is no hash")]
    [InlineData("sha256:zz9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f", "is no hash")]
    public void Parse_NoKey_SaysWhy(string entry, string expected)
    {
        Assert.Null(ApiKeyHash.Parse(entry, out string? problem));
        Assert.Contains(expected, problem);
    }

    [Fact]
    public void Format_ShortKey_Throws() => Assert.Throws<ArgumentException>(() => ApiKeyHash.Format("short"));
}
