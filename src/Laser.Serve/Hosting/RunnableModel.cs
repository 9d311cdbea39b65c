using Laser.Serve.Compute;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Model;
using Laser.Serve.Model.Configuration;
using Laser.Serve.Model.Loading;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Hosting;

/// <summary>
/// A checkpoint on its device, warmed up, with a cache and no engine: to be served, or to be measured.
/// </summary>
public sealed class RunnableModel : IDisposable
{
    private const string BundledModel = "laser-tales-3m";

    private readonly Stack<IDisposable> _owned;

    private RunnableModel(Stack<IDisposable> owned)
    {
        _owned = owned;
    }

    /// <summary>Name that clients use.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of the checkpoint, as a full path.</summary>
    public required string Folder { get; init; }

    /// <summary>What the checkpoint says.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>What it says about sampling.</summary>
    public required GenerationConfig Generation { get; init; }

    /// <summary>Text to tokens and back.</summary>
    public required ITokenizer Tokenizer { get; init; }

    /// <summary>Runs steps.</summary>
    public required ModelRunner Runner { get; init; }

    /// <summary>Weights, in numbers.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Bytes of the weight matrices on the device.</summary>
    public required long WeightByteSize { get; init; }

    /// <summary>Storage of the weights, for people.</summary>
    public required string WeightType { get; init; }

    /// <summary>Device and instruction set, for people.</summary>
    public required string Device { get; init; }

    /// <summary>Loads what the options ask for. Frees everything it took if that fails.</summary>
    /// <param name="options">Model and limits.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="phases">Told what is done.</param>
    /// <exception cref="ArgumentException">An option is wrong, or does not fit the model.</exception>
    /// <exception cref="InvalidDataException">The model's output is not finite.</exception>
    /// <exception cref="InsufficientMemoryException">The device has not that much memory.</exception>
    public static RunnableModel Load(
        ServerOptions options, IProgress<LoadProgress> progress, StartupPhases? phases = null) =>
        Load(options, progress, phases, BackendFactory.Create);

    /// <inheritdoc cref="Load(ServerOptions, IProgress{LoadProgress}, StartupPhases?)"/>
    internal static RunnableModel Load(
        ServerOptions options, IProgress<LoadProgress> progress, StartupPhases? phases, BackendSource backends)
    {
        string folder = options.Model.Path ?? Path.Combine(AppContext.BaseDirectory, "models", BundledModel);
        if (!Directory.Exists(folder))
        {
            throw new ArgumentException($"There is no folder '{folder}'.");
        }

        var owned = new Stack<IDisposable>();
        try
        {
            phases?.Begin();
            return Load(folder, options, progress, owned, phases, backends);
        }
        catch
        {
            Free(owned);
            throw;
        }
    }

    /// <summary>Frees weights and cache.</summary>
    public void Dispose() => Free(_owned);

    private static RunnableModel Load(
        string folder,
        ServerOptions options,
        IProgress<LoadProgress> progress,
        Stack<IDisposable> owned,
        StartupPhases? phases,
        BackendSource backends)
    {
        // The small files first: what is wrong with them shows before gigabytes are read.
        ModelConfig config = ModelConfig.Load(folder);
        GenerationConfig generation = GenerationConfig.Load(folder, config);
        ITokenizer tokenizer = TokenizerLoader.Load(folder);
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new ArgumentException(
                $"{folder}: the tokenizer has {tokenizer.VocabularySize} tokens, the model {config.VocabularySize}.");
        }

        phases?.Completed("files");
        IBackend backend = Own(backends(options.Model, folder), owned);
        DecoderModelOptions sizes = ModelRunner.ModelOptions(options.Engine) with
        {
            VerifyWeights = options.Model.CheckWeights,
        };
        DecoderModel model = Own(DecoderModel.Load(folder, backend, sizes, progress), owned);
        phases?.Completed("weights");
        ModelRunner runner = Own(ModelRunner.Create(model, backend, options.Engine), owned);
        phases?.Completed("cache");
        runner.WarmUp();
        phases?.Completed("warmup");
        return new RunnableModel(owned)
        {
            Name = options.Model.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Folder = Path.GetFullPath(folder),
            Config = config,
            Generation = generation,
            Tokenizer = tokenizer,
            Runner = runner,
            ParameterCount = model.ParameterCount,
            WeightByteSize = model.WeightByteSize,
            WeightType = options.Model.Weights == "auto"
                ? model.WeightType.ToString().ToLowerInvariant()
                : options.Model.Weights,
            Device = backend.Description,
        };
    }

    private static T Own<T>(T resource, Stack<IDisposable> owned)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }

    private static void Free(Stack<IDisposable> owned)
    {
        while (owned.TryPop(out IDisposable? next))
        {
            try
            {
                next.Dispose();
            }
            catch (DeviceLostException)
            {
                // What was on it is gone; what is left on the host wants to be freed all the same.
            }
        }
    }
}
