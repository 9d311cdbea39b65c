using Laser.Serve.Compute.Attention;

namespace Laser.Serve.Compute;

/// <summary>
/// The contract a device fulfils: memory, and the operations of a transformer over a ragged batch.
/// <para>
/// Operations are called by one thread, between <see cref="BeginStep"/> and <see cref="EndStep"/>, and take effect in
/// order; a device may run them later, but <see cref="Download"/> and <see cref="EndStep"/> wait. Every operation
/// computes each row by itself, in one fixed order of additions: a row's bits do not depend on the other rows of the
/// batch, on their number or on how a prefill was chunked.
/// </para>
/// <para>Shapes are the caller's duty (checked in debug builds); a backend never reads or writes past a tensor.</para>
/// <para>
/// Whatever finds that the device is gone throws <see cref="DeviceLostException"/>, and so does all that comes after it, but
/// disposing: that frees what is left on the host and throws nothing.
/// </para>
/// </summary>
public interface IBackend : IDisposable
{
    /// <summary>Device and instruction set in words, for the start-up log.</summary>
    string Description { get; }

    /// <summary>Bytes of the device's own memory that nobody has taken; null where it computes in the host's.</summary>
    long? FreeMemory => null;

    /// <summary>
    /// Loads weights; several matrices of equal width are stacked by rows into one, which saves passes over the input.
    /// </summary>
    DeviceMatrix LoadMatrix(params ReadOnlySpan<HostTensor> stacked);

    /// <summary>
    /// Loads a matrix whose rows are looked up by <see cref="Embed"/>, exactly as they are; it can be multiplied by too.
    /// A device that keeps all matrices as they are need not implement it.
    /// </summary>
    DeviceMatrix LoadEmbedding(HostTensor table) => LoadMatrix(table);

    /// <summary>Loads a table or a vector (one row) as it is; several vectors are joined end to end.</summary>
    DeviceTensor LoadTable(params ReadOnlySpan<HostTensor> joined);

    /// <summary>Makes an uninitialised tensor for activations.</summary>
    DeviceTensor CreateTensor(int rowCapacity, int columns);

    /// <summary>Makes an empty cache.</summary>
    /// <exception cref="InsufficientMemoryException">The device has not that much memory.</exception>
    KvCache CreateKvCache(KvCacheLayout layout);

    /// <summary>Starts a step: operations that take a batch until <see cref="EndStep"/> take this one.</summary>
    void BeginStep(ForwardBatch batch);

    /// <summary>Waits for the step and tells per sequence of its batch what went wrong, if anything did.</summary>
    /// <param name="faults">At least <see cref="ForwardBatch.SequenceCount"/> entries; all are set.</param>
    void EndStep(Span<SequenceFault> faults);

    /// <summary><c>output[row] = table[batch.TokenIds[row]]</c>.</summary>
    void Embed(ForwardBatch batch, DeviceMatrix table, DeviceTensor output);

    /// <summary><c>output = input / sqrt(mean(input^2) + epsilon) * weight</c> per row; may be in place.</summary>
    void RmsNorm(DeviceTensor input, int rows, DeviceTensor weight, float epsilon, DeviceTensor output);

    /// <summary>
    /// <see cref="RmsNorm"/> in place on each of <paramref name="headCount"/> heads of <paramref name="headDim"/>
    /// columns, from column
    /// <paramref name="firstColumn"/> on; one weight of <paramref name="headDim"/> for all heads.
    /// </summary>
    void HeadRmsNorm(
        DeviceTensor tensor, int rows, int firstColumn, int headCount, int headDim, DeviceTensor weight, float epsilon);

    /// <summary>
    /// <c>output = input * weight^T + bias</c>; <paramref name="output"/> is not <paramref name="input"/>.
    /// </summary>
    void Linear(DeviceTensor input, int rows, DeviceMatrix weight, DeviceTensor? bias, DeviceTensor output);

    /// <summary>
    /// Rotary position embedding in place on <paramref name="headCount"/> heads (the q and k columns of a fused row).
    /// Half-split: with <c>c, s</c> from row <c>batch.Positions[row]</c> of <paramref name="table"/> (<c>[position, cos
    /// 0..h-1 | sin 0..h-1]</c>), channel i and i+h become <c>x_i c_i - x_(i+h) s_i</c> and <c>x_(i+h) c_i + x_i
    /// s_i</c>; channels from 2h on stay.
    /// </summary>
    void RotaryEmbed(ForwardBatch batch, DeviceTensor tensor, int headCount, int headDim, DeviceTensor table);

    /// <summary>
    /// Appends the batch's keys and values to the cache and attends, causally: each row's own key and value first, then
    /// attention over all rows up to it. Full blocks are sealed. See <see cref="LaserAttentionSpec"/> for what is
    /// computed.
    /// </summary>
    /// <param name="cache">The cache; the spec is in its layout.</param>
    /// <param name="layer">Layer of the cache.</param>
    /// <param name="batch">The rows and the block tables.</param>
    /// <param name="qkv">
    /// Fused <c>q | k | v</c> rows, <see cref="LaserAttentionSpec.QkvColumns"/> wide, already rotated.
    /// </param>
    /// <param name="output"><see cref="LaserAttentionSpec.QueryColumns"/> wide.</param>
    void Attend(KvCache cache, int layer, ForwardBatch batch, DeviceTensor qkv, DeviceTensor output);

    /// <summary>
    /// <c>output_i = activation(gateUp_i) * gateUp_(i + n)</c>, n columns of output: gate half first, up half second.
    /// </summary>
    void GatedActivate(DeviceTensor gateUp, int rows, Activation activation, DeviceTensor output);

    /// <summary><c>residual += delta</c>.</summary>
    void AddResidual(DeviceTensor residual, int rows, DeviceTensor delta);

    /// <summary><c>output[i] = input[batch.LogitRows[i]]</c>.</summary>
    void GatherLogitRows(ForwardBatch batch, DeviceTensor input, DeviceTensor output);

    /// <summary>Threads that <see cref="RunOnHost"/> uses, the caller's included.</summary>
    int HostThreadCount => 1;

    /// <summary>
    /// Does the caller's own work between steps, on the threads that compute where the device has such, else on the
    /// calling one; returns when all is done. The first exception of an item is thrown here.
    /// </summary>
    void RunOnHost(IHostWork work, int itemCount) => work.RunAlone(itemCount);

    /// <summary>Waits and copies the first rows of a tensor to the host, row-major.</summary>
    void Download(DeviceTensor tensor, int rows, Span<float> destination);
}
