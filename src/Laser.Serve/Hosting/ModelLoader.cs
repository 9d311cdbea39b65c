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
    TimeProvider time,
    EngineMetrics metrics,
    ILogger<InferenceEngine> logger)
{
    // More texts than that from one prompt are better asked for in several requests: admission takes all or none.
    private const int MaxSequencesPerRequest = 16;

    /// <summary>Loads and starts what the options ask for. Frees everything it took if that fails.</summary>
    public ServedModel Load(ServerOptions options)
    {
        RunnableModel model = RunnableModel.Load(options, progress, phases);
        try
        {
            return Serve(model, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private ServedModel Serve(RunnableModel model, ServerOptions options)
    {
        var engine = new InferenceEngine(model.Runner, model.Tokenizer, options.Engine, logger, time, metrics);
        engine.Calibrate();
        engine.Start();
        return new ServedModel(engine, model)
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
