using Laser.Serve.Simulation.Costs;

namespace Laser.Serve.Simulation.Tests.Costs;

public class CostFitTests
{
    private static readonly StepShape[] Shapes = [.. CreateShapes()];

    [Fact]
    public void Fit_ExactSteps_RecoversCoefficients()
    {
        CostModel fitted = CostFit.Fit(Measure(Scenarios.Cost, noise: 0));

        AssertNear(Scenarios.Cost, fitted, 1e-6);
        Assert.Equal(0, CostFit.MeanError(fitted, Measure(Scenarios.Cost, noise: 0)), 1e-9);
    }

    [Fact]
    public void Fit_NoisySteps_RecoversCoefficientsNearly()
    {
        StepSample[] samples = Measure(Scenarios.Cost, noise: 0.02);

        CostModel fitted = CostFit.Fit(samples);

        AssertNear(Scenarios.Cost, fitted, 0.1);
        Assert.InRange(CostFit.MeanError(fitted, samples), 0.005, 0.02);
    }

    [Fact]
    public void Fit_TermThatCostsNothing_IsZeroAndNotBelow()
    {
        CostModel free = Scenarios.Cost with { Sequence = 0, Attended = 0 };

        CostModel fitted = CostFit.Fit(Measure(free, noise: 0.05));

        Assert.Null(fitted.FindError());
        Assert.InRange(fitted.Attended, 0, 1e-9);
        Assert.InRange(fitted.Token, free.Token * 0.8, free.Token * 1.2);
    }

    // A decode alone has one row for each sequence, and attends once to each position.
    [Fact]
    public void Fit_ShapesThatCannotTellTermsApart_StillPredicts()
    {
        StepShape[] decodes =
            [.. Enumerable.Range(1, 32).Select(n => new StepShape(n, n, n * 100L * (n % 3), n * 100L * (n % 3)))];
        StepSample[] samples = [.. decodes.Select(shape => new StepSample(shape, Scenarios.Cost.SecondsOf(shape)))];

        Assert.Equal(0, CostFit.MeanError(CostFit.Fit(samples), samples), 1e-6);
    }

    [Fact]
    public void Fit_TooFewOrTimelessSteps_AreRefused()
    {
        StepSample[] samples = Measure(Scenarios.Cost, noise: 0);

        Assert.Throws<ArgumentException>(() => CostFit.Fit(samples[..4]));
        Assert.Throws<ArgumentException>(() => CostFit.Fit([.. samples, new StepSample(Shapes[0], 0)]));
    }

    private static IEnumerable<StepShape> CreateShapes()
    {
        for (int sequences = 1; sequences <= 32; sequences *= 2)
        {
            foreach (int context in (int[])[10, 100, 900])
            {
                yield return new StepShape(sequences, sequences, (long)sequences * context, (long)sequences * context);
                yield return new StepShape(
                    256, sequences, (long)sequences * context, 256L * context);
            }
        }
    }

    private static StepSample[] Measure(CostModel cost, double noise)
    {
        var random = new Random(1);
        return [.. Shapes.Select(shape => new StepSample(
            shape, cost.SecondsOf(shape) * (1 + (noise * ((2 * random.NextDouble()) - 1)))))];
    }

    private static void AssertNear(CostModel expected, CostModel actual, double tolerance)
    {
        Assert.Equal(1, actual.Step / expected.Step, tolerance);
        Assert.Equal(1, actual.Token / expected.Token, tolerance);
        Assert.Equal(1, actual.Sequence / expected.Sequence, tolerance);
        Assert.Equal(1, actual.ContextToken / expected.ContextToken, tolerance);
        Assert.Equal(1, actual.Attended / expected.Attended, tolerance);
    }
}
