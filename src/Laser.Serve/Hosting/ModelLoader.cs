using Laser.Serve.Engine;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Engine.Telemetry;
using Laser.Serve.Model.Configuration;
using Laser.Serve.Model.Loading;
using Laser.Serve.StructuredOutput;

namespace Laser.Serve.Hosting;

/// <summary>Checkpoint folder to running engines, one for each device.</summary>
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
    public async Task<ServedModel> LoadAsync(ServerOptions options)
    {
        List<LoadedEngine> loaded = [];
        try
        {
            foreach (ModelOptions device in options.Model.PerDevice())
            {
                loaded.Add(LoadEngine(options, device, phases));
            }

            return Serve(loaded, options);
        }
        catch
        {
            foreach (LoadedEngine one in loaded)
            {
                await one.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>The same once more for one device of a model that is served already: only what runs it.</summary>
    public LoadedEngine LoadEngine(ServerOptions options, ModelOptions device) => LoadEngine(options, device, startup: null);

    private LoadedEngine LoadEngine(ServerOptions options, ModelOptions device, StartupPhases? startup)
    {
        RunnableModel model = RunnableModel.Load(options, progress, startup, (_, folder) => backends(device, folder));
        InferenceEngine? engine = null;
        try
        {
            engine = new InferenceEngine(model.Runner, model.Tokenizer, options.Engine, logger, time, metrics);
            engine.Calibrate();
            engine.Start();
            return new LoadedEngine(device, engine, model);
        }
        catch
        {
            engine?.DisposeAsync().AsTask().GetAwaiter().GetResult(); // at once: it does not run
            model.Dispose();
            throw;
        }
    }

    private static ServedModel Serve(List<LoadedEngine> loaded, ServerOptions options)
    {
        RunnableModel model = loaded[0].Model;
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
            WeightByteSize = loaded.Sum(one => one.Model.WeightByteSize),
            WeightType = model.WeightType,
            Device = string.Join("; ", loaded.Select(one => one.Model.Device)),
        };
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
