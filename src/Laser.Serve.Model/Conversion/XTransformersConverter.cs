using Laser.Serve.Compute;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Model.Conversion;

/// <summary>
/// Makes a checkpoint this server reads out of one of the x-transformers package
/// (<c>TransformerWrapper</c> around a <c>Decoder</c>). What cannot be expressed exactly is refused by name.
/// </summary>
public static class XTransformersConverter
{
    private const string WeightsFile = "model.safetensors";

    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer_config.json"];

    /// <summary>Converts. Memory does not grow with the model; the target appears when it is complete.</summary>
    /// <exception cref="CheckpointException">
    /// Source or tokenizer are broken or cannot be converted, or the target cannot be written to.
    /// </exception>
    /// <exception cref="IOException">The target's disk is full, or failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is left behind.</exception>
    public static ConversionResult Convert(ConversionRequest request, CancellationToken cancellationToken = default)
    {
        RequireSource(request);
        XTransformersArguments model = XTransformersArgumentsReader.Read(request.Source);
        using Checkpoint checkpoint = Checkpoint.Open(request.Source);
        IReadOnlyDictionary<string, HostTensor> tensors = TensorConversion.Of(model, new SourceTensors(checkpoint));

        using var folder = new StagedFolder(request.Target, request.Overwrite);
        HuggingFaceConfig.Write(model, Path.Combine(folder.Path, "config.json"));
        var config = ModelConfig.Load(folder.Path);
        string weights = Path.Combine(folder.Path, WeightsFile);
        SafetensorsWriter.Write(weights, new WeightMap(config).Shapes, tensors, cancellationToken);
        CopyTokenizer(request.Tokenizer, folder.Path);
        var result = new ConversionResult(
            config, tensors.Count, new FileInfo(weights).Length, HasTokenizer: request.Tokenizer is not null);
        cancellationToken.ThrowIfCancellationRequested();
        folder.Commit();
        return result;
    }

    private static void RequireSource(ConversionRequest request)
    {
        string source = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Source));
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Target));
        bool isPickle = source.EndsWith(".pt", StringComparison.Ordinal)
            || source.EndsWith(".pth", StringComparison.Ordinal)
            || source.EndsWith(".bin", StringComparison.Ordinal);
        if (isPickle)
        {
            throw new CheckpointException(
                source,
                "files of torch.save are programs and are not read; save the state dict with safetensors "
                + "(src/Laser.Serve.Model/Conversion/README.md has the lines).");
        }

        if (!Directory.Exists(source))
        {
            throw new CheckpointException(
                source, $"is no folder; a source holds {WeightsFile} and {XTransformersArgumentsReader.FileName}.");
        }

        string within = target + Path.DirectorySeparatorChar;
        if ((source + Path.DirectorySeparatorChar).StartsWith(within, StringComparison.Ordinal))
        {
            throw new CheckpointException(target, "holds the source; choose another target.");
        }
    }

    private static void CopyTokenizer(string? source, string target)
    {
        if (source is null)
        {
            return;
        }

        if (!File.Exists(Path.Combine(source, TokenizerFiles[0])))
        {
            throw new CheckpointException(source, $"holds no {TokenizerFiles[0]}.");
        }

        foreach (string file in TokenizerFiles.Where(file => File.Exists(Path.Combine(source, file))))
        {
            File.Copy(Path.Combine(source, file), Path.Combine(target, file));
        }
    }
}
