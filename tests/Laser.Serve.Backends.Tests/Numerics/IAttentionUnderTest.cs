using Laser.Serve.Compute;
using Laser.Serve.Testing.Generators;

namespace Laser.Serve.Backends.Tests.Numerics;

/// <summary>Anything that can attend with prescribed scores.</summary>
public interface IAttentionUnderTest : IDisposable
{
    AttentionRun Run(AttentionProblem problem, DataType valueType, int blockSize);
}
