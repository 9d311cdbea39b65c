namespace Laser.Serve.Testing.Reference;

/// <summary>Joins the partials of the blocks of a query, in ascending order, and takes the logarithm.</summary>
public interface IPartialMerge
{
    /// <summary>Adds one block.</summary>
    void Add(BlockPartial block);

    /// <summary>Writes <c>o_j = ln(sum_n w_n exp(v_nj)) - ln(sum_n w_n)</c>.</summary>
    void Finish(Span<float> output);
}
