using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Engine.Execution;
using Laser.Serve.Engine.Tests.Fakes;
using Laser.Serve.Model;
using Laser.Serve.Model.Rotary;
using Laser.Serve.Model.Weights;

namespace Laser.Serve.Engine.Tests.Execution;

public sealed class ModelRunnerTests : IDisposable
{
    private const int Vocabulary = 20;

    private readonly NullBackend _backend = new();
    private readonly EngineOptions _options = new() { KvCacheMebibytes = 1, MaxContextLength = 100 };

    [Fact]
    public void Run_Batch_IsOneStepOfTheBackend()
    {
        using ModelRunner runner = CreateRunner();
        _backend.Calls.Clear();
        var logits = new float[Vocabulary];
        var faults = new SequenceFault[1];

        runner.Run(CreateBatch(logitCount: 1), logits, faults);

        Assert.Equal(["begin", "attend", $"download 1 x {Vocabulary}", "end"], _backend.Calls);
        Assert.All(logits, logit => Assert.Equal(0.5f, logit));
        Assert.Equal([SequenceFault.NonFiniteOutput], faults);
    }

    [Fact]
    public void Run_NoLogitsWanted_DownloadsNothing()
    {
        using ModelRunner runner = CreateRunner();
        _backend.Calls.Clear();

        runner.Run(CreateBatch(logitCount: 0), [], new SequenceFault[1]);

        Assert.Equal(["begin", "attend", "end"], _backend.Calls);
    }

    [Fact]
    public void Run_BackendThrows_EndsTheStepAllTheSame()
    {
        using ModelRunner runner = CreateRunner();
        _backend.Calls.Clear();
        _backend.EmbedFails = true;

        Assert.Throws<InvalidOperationException>(
            () => runner.Run(CreateBatch(logitCount: 1), new float[Vocabulary], new SequenceFault[1]));

        Assert.Equal(["begin", "end"], _backend.Calls);
    }

    [Fact]
    public void Create_Options_MakeACacheOfThatSizeWhichTheRunnerOwns()
    {
        ModelRunner runner = CreateRunner();

        const long RawBytes = (1 << 20) / 16;
        int blockCount = (int)(((1 << 20) - RawBytes) / NullBackend.BlockByteSize);
        Assert.Equal(blockCount, runner.CacheLayout.BlockCount);
        Assert.Equal(RawBytes / (32 * 8 * sizeof(float)), runner.CacheLayout.RawPageCount);
        Assert.Equal(_options.MaxRunningSequences, runner.CacheLayout.OpenSlotCount);
        Assert.Equal((Vocabulary, 100), (runner.VocabularySize, runner.MaxContextLength));
        Assert.Equal(2, runner.CacheStatistics.WideBlocks);
        runner.ReleaseBlock(7);
        runner.Truncate(8, 2, 5);
        runner.Dispose();
        Assert.Equal(["free 1", "release 7", "truncate 8 in 2 to 5", $"free {blockCount}"], _backend.Calls);
    }

    [Theory]
    [InlineData(15f, 0)]
    [InlineData(100f, 64)]
    public void Create_Softclamp_NeedsRawPagesOnlyIfItIsWide(float softclamp, int rawPageCount)
    {
        using ModelRunner runner = CreateRunner(softclamp);

        Assert.Equal(rawPageCount, runner.CacheLayout.RawPageCount);
    }

    [Fact]
    public void Create_NoSizeOnADeviceWithoutMemoryOfItsOwn_Takes256Mebibytes()
    {
        _options.KvCacheMebibytes = null;

        using ModelRunner runner = CreateRunner();

        Assert.Equal(BlocksIn(256 << 20), runner.CacheLayout.BlockCount);
        Assert.DoesNotContain("attend", _backend.Calls);
    }

    // 256 tokens are three sequences of up to 100, of four blocks each.
    [Fact]
    public void Create_NoSizeOnADeviceWithMemory_TakesNineTenthsOfWhatAFullStepLeaves()
    {
        _options.KvCacheMebibytes = null;
        _backend.FreeMemory = 10_000_000;

        using ModelRunner runner = CreateRunner();

        long left = 10_000_000 + (12 * NullBackend.BlockByteSize);
        Assert.Equal(BlocksIn((long)(0.9 * left)), runner.CacheLayout.BlockCount);
        Assert.Equal(
            ["begin", "attend", $"download {_options.MaxLogitRows} x {Vocabulary}", "end", "free 12", "free 1"], _backend.Calls);
    }

    [Fact]
    public void Fit_NoRoomForABlock_SaysSo()
    {
        KvCacheLayout layout = FakeModelRunner.LayoutOf(blockCount: 1, openSlotCount: 1);

        string message = Assert.Throws<ArgumentException>(() => CacheSizing.Fit(_backend, layout, 6000)).Message;

        Assert.Equal("A cache of 6000 bytes is too small: one block takes 6000.", message);
    }

    public void Dispose() => _backend.Dispose();

    private static int BlocksIn(long bytes) => (int)((bytes - (bytes / 16)) / NullBackend.BlockByteSize);

    private ModelRunner CreateRunner(float? softclamp = null)
    {
        ModelConfig config = new()
        {
            Attention = new LaserAttentionSpec(AttentionVariant.Laser, 1, 1, 8, 0.5f, softclamp),
            HiddenSize = 8,
            IntermediateSize = 16,
            LayerCount = 1,
            VocabularySize = Vocabulary,
            Rotary = new RotarySettings { Dim = 8, OriginalLength = 200 },
            MaxPositionEmbeddings = 200,
        };
        var model = DecoderModel.Load(config, CreateWeights(), _backend, ModelRunner.ModelOptions(_options));
        return ModelRunner.Create(model, _backend, _options);
    }

    private static ModelWeights CreateWeights() => new()
    {
        Embedding = Tensor(Vocabulary, 8),
        FinalNorm = Tensor(1, 8),
        Layers =
        [
            new LayerWeights
            {
                InputNorm = Tensor(1, 8),
                Query = new LinearWeights(Tensor(8, 8)),
                Key = new LinearWeights(Tensor(8, 8)),
                Value = new LinearWeights(Tensor(8, 8)),
                Output = new LinearWeights(Tensor(8, 8)),
                PostAttentionNorm = Tensor(1, 8),
                Gate = new LinearWeights(Tensor(16, 8)),
                Up = new LinearWeights(Tensor(16, 8)),
                Down = new LinearWeights(Tensor(8, 16)),
            },
        ],
    };

    private static ArrayTensor Tensor(int rows, int columns) => new("weight", new float[rows * columns], rows, columns);

    private static ForwardBatch CreateBatch(int logitCount)
    {
        var batch = new ForwardBatch(maxTokens: 4, maxSequences: 1, maxBlocks: 1);
        batch.Add([1, 2, 3], 0, [0], openSlot: 0, logitCount);
        return batch;
    }
}
