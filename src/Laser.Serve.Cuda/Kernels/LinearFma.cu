// output = input * weight^T + bias, inputs and weights exactly as they are, by fused multiply-adds.
//
//   input    [rows][inputs] fp32
//   weights  [outputs][stride] of WEIGHT: 0 fp32, 1 fp16, 2 bf16, 3 int8; stride is inputs rounded up to 64, the rest zeros
//   scales   int8 only: [outputs][stride / 64] fp32, what the integers of a group of 64 are multiplied by
//   bias     [outputs] fp32 or null
//   output   [rows][outputs] fp32
//
// A warp computes COLUMNS outputs of ROWS rows at a time; its lanes share the inputs, so that all of them read one stretch of
// memory. A block of 8 warps splits them into 8 / sharers groups, each for its own outputs; within a group warps take every
// sharers-th segment of 512 inputs. Blocks that need the same weights stand side by side: rows are dealt fastest.
//
// Order of a sum, whatever ROWS and sharers are. Within a segment a lane takes 16 bytes of weights at a time (vectors of 4 to
// 16 inputs, dealt to the lanes in turn) and adds its products in ascending order in one chain, which for int8 is then
// multiplied by the scale of its group; chains are added pairwise over lanes 16, 8, 4, 2, 1 apart. Segments are added in
// ascending order to zero, then the bias.
//
// Shared memory, where sharers > 1: [8 / sharers][segments][ROWS * COLUMNS] fp32, the sums of segments.
#include "common.cuh"

#define SEGMENT 512
#define GROUP 64
#define WARPS 8
#define COLUMNS 4

// How 16 bytes of weights become numbers: VECTOR of them, taken four at a time.
#if WEIGHT == 0
#define VECTOR 4
__device__ __forceinline__ void widen(const unsigned* words, int, float* w)
{
#pragma unroll
    for (int i = 0; i < 4; i++)
        w[i] = lz_asf(words[i]);
}
#elif WEIGHT == 1
#define VECTOR 8
__device__ __forceinline__ void widen(const unsigned* words, int quad, float* w)
{
#pragma unroll
    for (int i = 0; i < 4; i++)
        w[i] = lz_h2f((f16)(words[2 * quad + i / 2] >> 16 * (i % 2)));
}
#elif WEIGHT == 2
#define VECTOR 8
__device__ __forceinline__ void widen(const unsigned* words, int quad, float* w)
{
#pragma unroll
    for (int i = 0; i < 4; i++)
        w[i] = i % 2 ? lz_hi(words[2 * quad + i / 2]) : lz_lo(words[2 * quad + i / 2]);
}
#else
#define VECTOR 16
__device__ __forceinline__ void widen(const unsigned* words, int quad, float* w)
{
    // An integer q as the low byte of an fp32: 2^23 + (q + 128), from which 2^23 + 128 is taken off, exactly.
    unsigned raised = words[quad] ^ 0x80808080u;
#pragma unroll
    for (int i = 0; i < 4; i++)
        w[i] = lz_asf(0x4b000000u | ((raised >> 8 * i) & 0xffu)) - 8388736.f;
}
#endif

__device__ __forceinline__ float input_or_zero(const float* row, int k, int inputs) { return k < inputs ? row[k] : 0.f; }

// Four inputs, zeros from the end of the row on. Whole rows of fours are aligned.
__device__ __forceinline__ float4 load_inputs(const float* row, int k, int inputs)
{
    if (inputs % 4 == 0)
        return k < inputs ? *(const float4*)(row + k) : float4{ 0.f, 0.f, 0.f, 0.f };
    return float4{ input_or_zero(row, k, inputs), input_or_zero(row, k + 1, inputs), input_or_zero(row, k + 2, inputs),
        input_or_zero(row, k + 3, inputs) };
}

// One step of sum_over_lanes and those behind it: of 2 * HALF values a lane keeps half and hands on the others.
template <int COUNT, int HALF> __device__ __forceinline__ void fold(float* values)
{
    if constexpr (HALF > 0)
    {
        const int mask = 32 * HALF / COUNT;
        bool upper = (threadIdx.x & mask) != 0;
#pragma unroll
        for (int i = 0; i < HALF; i++)
        {
            // Out of the array first: it is in registers, and a choice between two places would put it into memory.
            float a = values[i];
            float b = values[HALF + i];
            float kept = upper ? b : a;
            float given = upper ? a : b;
            values[i] = kept + lz_shfl_xor(given, mask);
        }

        fold<COUNT, HALF / 2>(values);
    }
}

// Sums COUNT values (a power of two) over the lanes, every one of them pairwise 16, 8, 4, 2, 1 lanes apart; lane l gets the
// sum of value l / (32 / COUNT). A step costs half of the one before.
template <int COUNT> __device__ __forceinline__ float sum_over_lanes(float* values)
{
    fold<COUNT, COUNT / 2>(values);
#pragma unroll
    for (int mask = 16 / COUNT; mask > 0; mask /= 2)
        values[0] += lz_shfl_xor(values[0], mask);
    return values[0];
}

// What a warp works on: rows and outputs that do not exist are stood in for by the last ones, and not stored.
template <int ROWS> struct Tile
{
    const float* input[ROWS];
    const unsigned char* weights[COLUMNS];
    const float* scales[COLUMNS];
};

// The sum of a segment; which one of the ROWS * COLUMNS a lane gets, sum_over_lanes says.
template <int ROWS>
__device__ __forceinline__ float segment_sum(const Tile<ROWS>& tile, int segment, int inputs, int stride)
{
    const int bytes = 16 / VECTOR; // of a weight
    int lane = threadIdx.x % 32;
    float sums[ROWS * COLUMNS];
#pragma unroll
    for (int i = 0; i < ROWS * COLUMNS; i++)
        sums[i] = 0.f;
#pragma unroll
    for (int part = 0; part < SEGMENT; part += 32 * VECTOR)
    {
        int k = segment * SEGMENT + part + lane * VECTOR;
        unsigned words[COLUMNS][4];
#pragma unroll
        for (int c = 0; c < COLUMNS; c++)
        {
            uint4 loaded = k < stride ? *(const uint4*)(tile.weights[c] + (long long)k * bytes) : uint4{ 0, 0, 0, 0 };
            words[c][0] = loaded.x;
            words[c][1] = loaded.y;
            words[c][2] = loaded.z;
            words[c][3] = loaded.w;
        }

#pragma unroll
        for (int quad = 0; quad < VECTOR / 4; quad++)
        {
            float w[COLUMNS][4];
#pragma unroll
            for (int c = 0; c < COLUMNS; c++)
                widen(words[c], quad, w[c]);
#pragma unroll
            for (int r = 0; r < ROWS; r++)
            {
                float4 x = load_inputs(tile.input[r], k + 4 * quad, inputs);
#pragma unroll
                for (int c = 0; c < COLUMNS; c++)
                {
                    float sum = sums[r * COLUMNS + c];
                    sum = fmaf(x.x, w[c][0], sum);
                    sum = fmaf(x.y, w[c][1], sum);
                    sum = fmaf(x.z, w[c][2], sum);
                    sums[r * COLUMNS + c] = fmaf(x.w, w[c][3], sum);
                }
            }
        }
    }

#if WEIGHT == 3
    // A lane's vector lies within one group, and a segment is one vector per lane.
    int group = (segment * SEGMENT + lane * VECTOR) / GROUP;
#pragma unroll
    for (int c = 0; c < COLUMNS; c++)
    {
        float scale = group < stride / GROUP ? tile.scales[c][group] : 0.f;
#pragma unroll
        for (int r = 0; r < ROWS; r++)
            sums[r * COLUMNS + c] = lz_mul(scale, sums[r * COLUMNS + c]);
    }
#endif
    return sum_over_lanes<ROWS * COLUMNS>(sums);
}

template <int ROWS>
__device__ __forceinline__ void linear_fma(
    const float* input, int rows, int inputs, const unsigned char* weights, const float* scales, int stride, int outputs,
    const float* bias, float* output, int sharers)
{
    const int values = ROWS * COLUMNS;
    LZ_DYN_SMEM(shared);
    int rowTiles = (rows + ROWS - 1) / ROWS;
    int firstRow = blockIdx.x % rowTiles * ROWS;
    int group = lz_warp() / sharers;
    int share = lz_warp() % sharers;
    int firstOutput = ((int)blockIdx.x / rowTiles * (WARPS / sharers) + group) * COLUMNS;
    Tile<ROWS> tile;
#pragma unroll
    for (int r = 0; r < ROWS; r++)
        tile.input[r] = input + (long long)min(firstRow + r, rows - 1) * inputs;
#pragma unroll
    for (int c = 0; c < COLUMNS; c++)
    {
        long long row = min(firstOutput + c, outputs - 1);
        tile.weights[c] = weights + row * stride * (16 / VECTOR);
        tile.scales[c] = WEIGHT == 3 ? scales + row * (stride / GROUP) : scales;
    }

    int segments = (inputs + SEGMENT - 1) / SEGMENT;
    int lane = threadIdx.x % 32;
    int value = lane / (32 / values);
    bool owner = lane % (32 / values) == 0;
    float* sums = (float*)shared + group * segments * values + value;
    float total = 0.f;
    for (int segment = share; segment < segments; segment += sharers)
    {
        float sum = segment_sum(tile, segment, inputs, stride);
        if (sharers == 1)
            total += sum;
        else if (owner)
            sums[segment * values] = sum;
    }

    if (sharers > 1)
    {
        __syncthreads();
        if (share != 0)
            return;
        for (int segment = 0; segment < segments; segment++)
            total += sums[segment * values];
    }

    int row = firstRow + value / COLUMNS;
    int column = firstOutput + value % COLUMNS;
    if (owner && row < rows && column < outputs)
        output[(long long)row * outputs + column] = bias ? total + bias[column] : total;
}

extern "C" __global__ void __launch_bounds__(256) linear_fma_1(
    const float* __restrict__ input, int rows, int inputs, const unsigned char* __restrict__ weights,
    const float* __restrict__ scales, int stride, int outputs, const float* __restrict__ bias, float* __restrict__ output,
    int sharers)
{
    linear_fma<1>(input, rows, inputs, weights, scales, stride, outputs, bias, output, sharers);
}

extern "C" __global__ void __launch_bounds__(256) linear_fma_4(
    const float* __restrict__ input, int rows, int inputs, const unsigned char* __restrict__ weights,
    const float* __restrict__ scales, int stride, int outputs, const float* __restrict__ bias, float* __restrict__ output,
    int sharers)
{
    linear_fma<4>(input, rows, inputs, weights, scales, stride, outputs, bias, output, sharers);
}

extern "C" __global__ void __launch_bounds__(256) linear_fma_8(
    const float* __restrict__ input, int rows, int inputs, const unsigned char* __restrict__ weights,
    const float* __restrict__ scales, int stride, int outputs, const float* __restrict__ bias, float* __restrict__ output,
    int sharers)
{
    linear_fma<8>(input, rows, inputs, weights, scales, stride, outputs, bias, output, sharers);
}
