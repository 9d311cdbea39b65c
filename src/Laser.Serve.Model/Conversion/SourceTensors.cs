using Laser.Serve.Compute;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// The tensors of an x-transformers checkpoint; knows which have been taken, so that none is left out unnoticed.
/// </summary>
internal sealed class SourceTensors
{
    private const string Embedding = "token_emb.emb.weight";

    // Of a state dict saved from the AutoregressiveWrapper around the model.
    private const string WrapperPrefix = "net.";

    private readonly Checkpoint _checkpoint;
    private readonly string _prefix;
    private readonly HashSet<string> _taken = [];

    /// <summary>Wraps a checkpoint and finds the prefix of its names.</summary>
    public SourceTensors(Checkpoint checkpoint)
    {
        _checkpoint = checkpoint;
        _prefix = checkpoint.Contains(WrapperPrefix + Embedding) ? WrapperPrefix : "";
    }

    /// <summary>Takes a tensor.</summary>
    /// <exception cref="CheckpointException">It is not there, or has another shape or an unsupported type.</exception>
    public HostTensor Take(string name, params ReadOnlySpan<int> shape)
    {
        string stored = _prefix + name;
        if (!_checkpoint.Contains(stored))
        {
            throw new CheckpointException(
                _checkpoint.Folder,
                $"lacks tensor '{stored}', which {XTransformersArgumentsReader.FileName} calls for.");
        }

        _taken.Add(stored);
        return _checkpoint.Get(stored, shape);
    }

    /// <summary>Refuses tensors nobody took.</summary>
    /// <exception cref="CheckpointException">There are some.</exception>
    public void RequireAllTaken()
    {
        string? left = _checkpoint.TensorNames.Where(name => !_taken.Contains(name)).Order(StringComparer.Ordinal)
            .FirstOrDefault();
        if (left is not null)
        {
            throw new CheckpointException(
                _checkpoint.Folder,
                $"holds tensor '{left}', which a model with these arguments does not have: "
                + $"either {XTransformersArgumentsReader.FileName} lacks one, or this server cannot compute it.");
        }
    }
}
