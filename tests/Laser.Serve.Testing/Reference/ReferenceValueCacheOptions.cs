using Laser.Serve.Compute;

namespace Laser.Serve.Testing.Reference;

/// <summary>What a <see cref="ReferenceValueCache"/> stores and how.</summary>
public sealed record ReferenceValueCacheOptions
{
    public required DataType Type { get; init; }

    /// <summary>Any positive length; a block as long as the sequence is a cache with one shift for all of it.</summary>
    public required int BlockSize { get; init; }

    public required int Channels { get; init; }

    public float? ValueSoftclamp { get; init; }

    public float? LogFloor { get; init; }

    public ValueCacheFlaws Flaws { get; init; }

    /// <summary>exp and multiply return zero for subnormal results, as a processor may be set to do.</summary>
    public bool FlushSubnormals { get; init; }
}
