using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>P2: the absolute floor of the logarithm that some checkpoints have.</summary>
public sealed class LogFloorTests
{
    private const float Floor = 1e-20f;

    // Channels centred at -80, -70 .. 70: the lower ones are below ln 1e-20 = -46.05.
    private static readonly AttentionProblem Floored = Create(Floor);
    private static readonly AttentionProblem Free = Create(null);

    [Theory]
    [MemberData(nameof(Subjects.All), MemberType = typeof(Subjects))]
    public void Attend_LogFloor_BitesBelowItOnly(string subject, DataType type, int blockSize)
    {
        using IAttentionUnderTest attention = Subjects.Create(subject);
        AttentionRun floored = attention.Run(Floored, type, blockSize);
        AttentionRun free = attention.Run(Free, type, blockSize);
        floored.AssertWithin(Floored, Bounds.Attention(type, blockSize, Floored.LargestScore));

        float floor = (float)Math.Log(Floor);
        int bitten = 0;
        for (int i = 0; i < free.Outputs.Length; i++)
        {
            bool below = free.Outputs[i] < floor;
            bitten += below ? 1 : 0;
            Assert.Equal(below ? floor : free.Outputs[i], floored.Outputs[i], below ? 1e-6f * MathF.Abs(floor) : 0);
        }

        Assert.InRange(bitten, 1, free.Outputs.Length - 1);
    }

    private static AttentionProblem Create(float? floor)
    {
        var problem = RealisticProblems.Fill(
            new AttentionProblem("log floor", 200, 16, 16) { LogFloor = floor }, 62, 2, r => r.Gaussian());
        for (int i = 0; i < problem.Values.Length; i++)
        {
            problem.Values[i] += (10 * (i % problem.Channels)) - 80;
        }

        return problem;
    }
}
