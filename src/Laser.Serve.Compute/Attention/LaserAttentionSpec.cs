namespace Laser.Serve.Compute.Attention;

/// <summary>Which mean of the values attention takes.</summary>
public enum AttentionVariant
{
    /// <summary>LASER (arXiv 2411.03493): <c>o_j = log(sum_n a_n exp(v_nj))</c>, a log-mean-exp per channel.</summary>
    Laser,

    /// <summary>Ordinary attention: <c>o_j = sum_n a_n v_nj</c>.</summary>
    Softmax,
}

/// <summary>
/// What a checkpoint decides about attention; everything else (shift, blocks, cache) is representation and ours to
/// choose. With <c>a = softmax(Scale * q.k)</c> over the visible tokens, head by head and value channel j by value
/// channel:
/// <code>
///   Softmax:  o_j = sum_n a_n v_nj
///   Laser:    v' = ValueSoftclamp is c ? c * tanh(v / c) : v
///             o_j = log(sum_n a_n exp(v'_nj));   LogFloor is eps: o_j = max(o_j, ln eps)
/// </code>
/// Query head h reads key/value head <c>h / (Heads / KvHeads)</c>.
/// </summary>
/// <param name="Variant">The mean taken.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key/value heads; divides <paramref name="Heads"/>.</param>
/// <param name="HeadDim">Channels per head, of q, k and v alike.</param>
/// <param name="Scale">Factor on the scores, usually <c>1 / sqrt(HeadDim)</c>.</param>
/// <param name="ValueSoftclamp">c of the value softclamp (x-transformers: 15), or null. LASER only.</param>
/// <param name="LogFloor">eps of the absolute log floor (x-transformers: 1e-20), or null. LASER only.</param>
public sealed record LaserAttentionSpec(
    AttentionVariant Variant,
    int Heads,
    int KvHeads,
    int HeadDim,
    float Scale,
    float? ValueSoftclamp = null,
    float? LogFloor = null)
{
    /// <summary>Query heads that share one key/value head.</summary>
    public int GroupSize => Heads / KvHeads;

    /// <summary>
    /// Columns of a <c>q</c> row: all query heads side by side. Also the columns of an attention output.
    /// </summary>
    public int QueryColumns => Heads * HeadDim;

    /// <summary>Columns of a <c>k</c> row or a <c>v</c> row.</summary>
    public int KvColumns => KvHeads * HeadDim;

    /// <summary>Columns of a fused <c>q | k | v</c> row.</summary>
    public int QkvColumns => QueryColumns + (2 * KvColumns);
}
