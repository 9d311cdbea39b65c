using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Model.Configuration;
using Laser.Serve.Model.Loading;
using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Hosting;

/// <summary>Checkpoint folder to a running engine.</summary>
internal sealed class ModelLoader(
    IProgress<LoadProgress> progress,
    StartupPhases phases,
    BackendSource backends,
    TimeProvider time,
    EngineMetrics metrics,
    ILogger<InferenceEngine> logger)
{
    // More texts than that from one prompt are better asked for in several requests: admission takes all or none.
    private const int MaxSequencesPerRequest = 16;

    /// <summary>Loads and starts what the options ask for. Frees everything it took if that fails.</summary>
    public ServedModel Load(ServerOptions options)
    {
        LoadedEngine loaded = LoadEngine(options, phases);
        RunnableModel model = loaded.Model;
        return new ServedModel(loaded)
        {
            Name = model.Name,
            Folder = model.Folder,
            Config = model.Config,
            Tokenizer = model.Tokenizer,
            Constraints = new ConstraintCompiler(model.Tokenizer),
            SamplingDefaults = SamplingDefaults(model.Generation),
            EndOfSequenceIds = model.Generation.EosTokenIds,
            MaxSequencesPerRequest = Math.Min(MaxSequencesPerRequest, options.Engine.MaxRunningSequences),
            CacheLayout = model.Runner.CacheLayout,
            ParameterCount = model.ParameterCount,
            WeightByteSize = model.WeightByteSize,
            WeightType = model.WeightType,
            Device = model.Device,
        };
    }

    /// <summary>The same once more for a model that is served already: only what runs it.</summary>
    public LoadedEngine LoadEngine(ServerOptions options) => LoadEngine(options, startup: null);

    private LoadedEngine LoadEngine(ServerOptions options, StartupPhases? startup)
    {
        RunnableModel model = RunnableModel.Load(options, progress, startup, backends);
        InferenceEngine? engine = null;
        try
        {
            engine = new InferenceEngine(model.Runner, model.Tokenizer, options.Engine, logger, time, metrics);
            engine.Calibrate();
            engine.Start();
            return new LoadedEngine(engine, model);
        }
        catch
        {
            engine?.DisposeAsync().AsTask().GetAwaiter().GetResult(); // at once: it does not run
            model.Dispose();
            throw;
        }
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
