using Laser.Serve.Security;

namespace Laser.Serve.Tests.Security;

public class ApiKeyRingTests
{
    [Theory]
    [InlineData("first-of-the-keys", true)]
    [InlineData("last-of-the-keys", true)]
    [InlineData("none-of-the-keys", false)]
    [InlineData("first-of-the-key", false)]
    [InlineData("", false)]
    public void Contains_AnyKey_IsFoundWhereverItStands(string presented, bool expected)
    {
        var ring = new ApiKeyRing(
        [
            .. new[] { "first-of-the-keys", "middle-of-the-keys", "last-of-the-keys" }
                .Select(key => new ApiKey(ApiKeyHash.Compute(key), null)),
        ]);

        Assert.Equal(expected, ring.Find(presented) is not null);
    }

    [Fact]
    public void Contains_HashOfAKey_IsNotTheKey()
    {
        // Who reads the stored hash cannot get in with it.
        const string Key = "first-of-the-keys";
        var ring = new ApiKeyRing([new ApiKey(ApiKeyHash.Compute(Key), null)]);

        Assert.Null(ring.Find(ApiKeyHash.Format(Key)));
    }
}
