using Laser.Serve.Compute;
using Laser.Serve.Engine;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Model;
using Laser.Serve.Model.Configuration;
using Laser.Serve.Model.Loading;
using Laser.Serve.StructuredOutput;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Hosting;

/// <summary>Checkpoint folder to a running engine.</summary>
internal sealed class ModelLoader(
    IProgress<LoadProgress> progress, TimeProvider time, EngineMetrics metrics, ILogger<InferenceEngine> logger)
{
    private const string BundledModel = "laser-tales-3m";

    // More texts than that from one prompt are better asked for in several requests: admission takes all or none.
    private const int MaxSequencesPerRequest = 16;

    /// <summary>Loads and starts what the options ask for. Frees everything it took if that fails.</summary>
    public ServedModel Load(ServerOptions options)
    {
        string folder = options.Model.Path ?? Path.Combine(AppContext.BaseDirectory, "models", BundledModel);
        if (!Directory.Exists(folder))
        {
            throw new ArgumentException($"There is no folder '{folder}'.");
        }

        var owned = new Stack<IDisposable>();
        try
        {
            return Load(folder, options, owned);
        }
        catch
        {
            while (owned.TryPop(out IDisposable? next))
            {
                next.Dispose();
            }

            throw;
        }
    }

    private ServedModel Load(string folder, ServerOptions options, Stack<IDisposable> owned)
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

        IBackend backend = Own(BackendFactory.Create(options.Model), owned);
        DecoderModelOptions sizes = ModelRunner.ModelOptions(options.Engine) with
        {
            VerifyWeights = options.Model.CheckWeights,
        };
        DecoderModel model = Own(DecoderModel.Load(folder, backend, sizes, progress), owned);
        ModelRunner runner = Own(ModelRunner.Create(model, backend, options.Engine), owned);
        runner.WarmUp();
        var engine = new InferenceEngine(runner, tokenizer, options.Engine, logger, time, metrics);
        engine.Start();
        return new ServedModel(engine, owned)
        {
            Name = options.Model.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Folder = Path.GetFullPath(folder),
            Config = config,
            Tokenizer = tokenizer,
            Constraints = new ConstraintCompiler(tokenizer),
            SamplingDefaults = SamplingDefaults(generation),
            EndOfSequenceIds = generation.EosTokenIds,
            MaxSequencesPerRequest = Math.Min(MaxSequencesPerRequest, options.Engine.MaxRunningSequences),
            CacheLayout = runner.CacheLayout,
            ParameterCount = model.ParameterCount,
            WeightType = model.WeightType.ToString().ToLowerInvariant(),
            Device = backend.Description,
        };
    }

    private static T Own<T>(T resource, Stack<IDisposable> owned)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }

    // A checkpoint that says "do not sample" means greedy; one that says nothing leaves temperature 1.
    private static SamplingParams SamplingDefaults(GenerationConfig generation) => new()
    {
        Temperature = generation.DoSample == false ? 0f : (float)(generation.Temperature ?? 1),
        TopK = generation.TopK ?? 0,
        TopP = (float)(generation.TopP ?? 1),
        MinP = (float)(generation.MinP ?? 0),
        TypicalP = (float)(generation.TypicalP ?? 1),
        RepetitionPenalty = (float)(generation.RepetitionPenalty ?? 1),
    };
}
