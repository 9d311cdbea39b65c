using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Contract;

public sealed class GatedActivateTests
{
    public static TheoryData<string, Activation> Activations => BackendsUnderTest.With(Enum.GetValues<Activation>());

    [Theory]
    [MemberData(nameof(Activations))]
    public void GatedActivate_RandomRows_MatchesReference(string backend, Activation activation)
    {
        var random = new DeterministicRandom(51);
        foreach (int columns in (int[])[1, 15, 16, 17, 48, 100])
        {
            foreach (int rows in Operation.RowCounts)
            {
                float[] gateUp = random.Gaussians(rows * 2 * columns, 3);
                AssertMatchesReference(backend, activation, gateUp, columns);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void GatedActivate_EveryMagnitude_MatchesReference(string backend, Activation activation)
    {
        float[] gates = [.. Enumerable.Range(-2000, 4001).Select(i => i / 16f),
            0, -0f, 1e-30f, -1e-30f, 1e-7f, -1e-7f, 1e4f, -1e4f, 1e30f, -1e30f];
        float[] up = new float[gates.Length];
        up.AsSpan().Fill(1);
        AssertMatchesReference(backend, activation, [.. gates, .. up], gates.Length);
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void GatedActivate_RowInABatch_HasTheBitsItHasAlone(string backend, Activation activation)
    {
        const int columns = 21;
        float[] gateUp = new DeterministicRandom(52).Gaussians(40 * 2 * columns, 3);
        float[] together = Run(backend, activation, gateUp, columns);
        for (int row = 0; row < 40; row++)
        {
            float[] alone = Run(backend, activation, gateUp[(row * 2 * columns)..((row + 1) * 2 * columns)], columns);
            Bits.AssertEqual(together.AsSpan(row * columns, columns), alone, $"row {row}");
        }
    }

    // Eight roundings of gate * up. For a negative gate the factor of the Gelus is a difference, so no more than that
    // is asked of it.
    private static void AssertMatchesReference(string backend, Activation activation, float[] gateUp, int columns)
    {
        float[] expected = Run(BackendsUnderTest.Reference, activation, gateUp, columns);
        float[] actual = Run(backend, activation, gateUp, columns);
        Operation.AssertClose(
            expected,
            actual,
            i =>
            {
                int gate = (i / columns * 2 * columns) + (i % columns);
                return Operation.Roundings(8) * Math.Abs((double)gateUp[gate] * gateUp[gate + columns]);
            },
            $"{activation}, {columns} columns");
    }

    private static float[] Run(string backend, Activation activation, float[] gateUp, int columns)
    {
        int rows = gateUp.Length / (2 * columns);
        using IBackend subject = BackendsUnderTest.Create(backend);
        using DeviceTensor source = Operation.Upload(subject, gateUp, 2 * columns);
        return Operation.Run(
            subject, Operation.Batch(rows), rows, columns,
            output => subject.GatedActivate(source, rows, activation, output));
    }
}
