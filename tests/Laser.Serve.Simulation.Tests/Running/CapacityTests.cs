using Laser.Serve.Simulation.Load;
using Laser.Serve.Simulation.Running;

namespace Laser.Serve.Simulation.Tests.Running;

public class CapacityTests
{
    [Theory]
    [InlineData(1e-4)]
    [InlineData(0.01)]
    [InlineData(20)]
    public async Task FindAsync_ConstantTime_IsItsInverse(double seconds)
    {
        double capacity = await Capacity.FindAsync(Scenarios.Single(seconds, 1), CancellationToken.None);

        Assert.InRange(capacity * seconds, 0.95, 1.0001);
    }

    [Fact]
    public async Task FindAsync_NothingFits_IsRefused()
    {
        SimulationOptions options = Scenarios.Mixed with
        {
            Load = new LoadOptions { PromptLength = LengthDistribution.Parse("5000") },
        };

        await Assert.ThrowsAsync<ArgumentException>(() => Capacity.FindAsync(options, CancellationToken.None));
    }
}
