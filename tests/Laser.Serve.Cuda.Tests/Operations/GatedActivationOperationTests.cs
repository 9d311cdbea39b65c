using Laser.Serve.Compute;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Operations;
using Laser.Serve.Cuda.Tests.Emulation;
using Laser.Serve.Testing.Generators;
using Laser.Serve.Testing.Reference;

namespace Laser.Serve.Cuda.Tests.Operations;

[Collection(EmulationGroup.Name)]
public sealed class GatedActivationOperationTests
{
    public static TheoryData<Activation> Activations => [.. Enum.GetValues<Activation>()];

    [CudaTheory]
    [MemberData(nameof(Activations))]
    public void Launch_RandomRows_MatchesReference(Activation activation)
    {
        var random = new DeterministicRandom(1);
        foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (3, 17), (2, 1025), (5, 256)])
        {
            AssertMatchesReference(activation, random.Gaussians(rows * 2 * columns, 3), columns);
        }
    }

    [CudaTheory]
    [MemberData(nameof(Activations))]
    public void Launch_EveryMagnitude_MatchesReference(Activation activation)
    {
        float[] gates = [.. Enumerable.Range(-2000, 4001).Select(i => i / 16f),
            0, -0f, 1e-30f, -1e-30f, 1e-7f, -1e-7f, 1e4f, -1e4f, 1e30f, -1e30f];
        AssertMatchesReference(activation, [.. gates, .. Enumerable.Repeat(1f, gates.Length)], gates.Length);
    }

    private static void AssertMatchesReference(Activation activation, float[] gateUp, int columns)
    {
        int rows = gateUp.Length / (2 * columns);
        using ReferenceBackend reference = new();
        using DeviceTensor source = reference.LoadTable(new ArrayTensor("gates", gateUp, rows, 2 * columns));
        using DeviceTensor target = reference.CreateTensor(rows, columns);
        float[] expected = new float[rows * columns];
        ForwardBatch batch = new(rows, 1, 0);
        batch.Add(new int[rows], 0, [], 0, 0);
        reference.BeginStep(batch);
        reference.GatedActivate(source, rows, activation, target);
        reference.Download(target, rows, expected);
        reference.EndStep(new SequenceFault[1]);
        using OperationRig rig = new();
        GatedActivationOperation gated = new(rig.Kernels);
        CudaTensor gates = rig.Upload(gateUp, 2 * columns);
        float[] actual = rig.Run(
            rows, columns, output => gated.Launch(rig.Queue, gates, rows, activation, output));

        // Eight roundings of gate * up: for a negative gate the factor of the Gelus is a difference.
        Roundings.AssertWithin(
            8,
            Array.ConvertAll(expected, x => (double)x),
            actual,
            i =>
            {
                int gate = (i / columns * 2 * columns) + (i % columns);
                return Math.Abs((double)gateUp[gate] * gateUp[gate + columns]);
            },
            $"{activation}, {columns} columns");
    }
}
