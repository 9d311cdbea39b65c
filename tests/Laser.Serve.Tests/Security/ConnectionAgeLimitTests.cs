using Laser.Serve.Security;

namespace Laser.Serve.Tests.Security;

public class ConnectionAgeLimitTests
{
    [Theory]
    [InlineData(0.0, 90)]
    [InlineData(0.5, 100)]
    [InlineData(1.0, 110)]
    public void WithJitter_Random_IsWithinATenth(double random, double seconds) =>
        Assert.Equal(seconds, ConnectionAgeLimit.WithJitter(100, random).TotalSeconds, precision: 6);
}
