// output = input * weight^T + bias for bf16 weights and few rows: all about reading the weights once, at the speed of memory.
// The order of sums is that of linear_mma.cuh.
//
//   input    [rows][inputs] fp32, rounded here (up to 8 rows), or [rows][stride] bf16 from RoundRows.cu
//   weights  [outputs][stride] bf16; stride is inputs rounded up to 64, the rest zeros
//   bias     [outputs] fp32 or null
//   output   [rows][outputs] fp32
//
// A block computes 16 outputs of 8 * TILES rows. Its warps (at most 8) share the segments, warp w takes w, w + warps, and so
// on, straight from global memory: a lane reads 16 bytes of two weight rows and of one input row per block of 32 inputs.
// The sums of segments meet in shared memory, [segments][8 * TILES rows][16 outputs] fp32, and are added in ascending order.
// Blocks that need the same weights stand side by side: rows are dealt fastest.
#include "linear_mma.cuh"

#define OUTPUTS 16

// Blocks of inputs whose weights a lane asks for at once: what is under way hides how long memory takes.
#define AHEAD 4

// Eight inputs of a row, as four words of bf16 pairs; zeros from the end of the row on.
__device__ __forceinline__ uint4 load_inputs(const bf16* row, int k, int) { return *(const uint4*)(row + k); }

__device__ __forceinline__ unsigned load_pair(const float* row, int k, int inputs)
{
    return lz_pack(k < inputs ? row[k] : 0.f, k + 1 < inputs ? row[k + 1] : 0.f);
}

__device__ __forceinline__ uint4 load_inputs(const float* row, int k, int inputs)
{
    if (inputs % 4 == 0)
    {
        // Whole rows of fours are aligned.
        float4 lower = k < inputs ? *(const float4*)(row + k) : float4{ 0.f, 0.f, 0.f, 0.f };
        float4 upper = k + 4 < inputs ? *(const float4*)(row + k + 4) : float4{ 0.f, 0.f, 0.f, 0.f };
        return uint4{ lz_pack(lower.x, lower.y), lz_pack(lower.z, lower.w), lz_pack(upper.x, upper.y),
            lz_pack(upper.z, upper.w) };
    }

    return uint4{ load_pair(row, k, inputs), load_pair(row, k + 2, inputs), load_pair(row, k + 4, inputs),
        load_pair(row, k + 6, inputs) };
}

// A block of inputs for all rows. `row` is the first that this lane reads; it reads every eighth. `rows` is how many there
// are from it on.
template <int TILES, class T>
__device__ __forceinline__ void multiply_rows(
    float (&sums)[TILES][4], uint4 lower, uint4 upper, const T* row, int inputStride, int k, int inputs, int rows)
{
#pragma unroll
    for (int tile = 0; tile < TILES; tile++)
    {
        uint4 x = 8 * tile < rows ? load_inputs(row + (long long)8 * tile * inputStride, k, inputs) : uint4{ 0, 0, 0, 0 };
        multiply_block(sums[tile], lower, upper, x);
    }
}

template <int TILES, class T>
__device__ __forceinline__ void linear_mma(
    const T* input, int inputStride, int rows, int inputs, const bf16* weights, int stride, int outputs, const float* bias,
    float* output)
{
    const int tileRows = 8 * TILES;
    LZ_DYN_SMEM(shared);
    float* segmentSums = (float*)shared;
    int rowTiles = (rows + tileRows - 1) / tileRows;
    int firstRow = blockIdx.x % rowTiles * tileRows;
    int firstOutput = (int)blockIdx.x / rowTiles * OUTPUTS;
    int lane = threadIdx.x % 32;
    int g = lane / 4;
    int t = lane % 4;

    // Outputs that do not exist are stood in for by the last one, rows by zeros; neither is stored.
    const bf16* lower = weights + (long long)min(firstOutput + g, outputs - 1) * stride + 8 * t;
    const bf16* upper = weights + (long long)min(firstOutput + g + 8, outputs - 1) * stride + 8 * t;
    const T* source = input + (long long)(firstRow + g) * inputStride;
    int segments = (inputs + SEGMENT - 1) / SEGMENT;
    for (int segment = lz_warp(); segment < segments; segment += blockDim.x / 32)
    {
        float sums[TILES][4];
#pragma unroll
        for (int tile = 0; tile < TILES; tile++)
            sums[tile][0] = sums[tile][1] = sums[tile][2] = sums[tile][3] = 0.f;
        int end = min(stride, (segment + 1) * SEGMENT);
        for (int first = segment * SEGMENT; first < end; first += AHEAD * BLOCK_INPUTS)
        {
            uint4 a[AHEAD];
            uint4 b[AHEAD];
#pragma unroll
            for (int i = 0; i < AHEAD; i++)
            {
                int k = first + i * BLOCK_INPUTS;
                a[i] = k < end ? *(const uint4*)(lower + k) : uint4{ 0, 0, 0, 0 };
                b[i] = k < end ? *(const uint4*)(upper + k) : uint4{ 0, 0, 0, 0 };
            }

#pragma unroll
            for (int i = 0; i < AHEAD; i++)
            {
                int k = first + i * BLOCK_INPUTS;
                if (k < end)
                    multiply_rows<TILES>(sums, a[i], b[i], source, inputStride, k + 8 * t, inputs, rows - firstRow - g);
            }
        }

#pragma unroll
        for (int tile = 0; tile < TILES; tile++)
        {
            float* target = segmentSums + (segment * tileRows + 8 * tile + 2 * t) * OUTPUTS + g;
            target[0] = sums[tile][0];
            target[OUTPUTS] = sums[tile][1];
            target[8] = sums[tile][2];
            target[OUTPUTS + 8] = sums[tile][3];
        }
    }

    __syncthreads();
    for (int i = threadIdx.x; i < tileRows * OUTPUTS; i += blockDim.x)
    {
        int row = firstRow + i / OUTPUTS;
        int column = firstOutput + i % OUTPUTS;
        if (row < rows && column < outputs)
        {
            float total = 0.f;
            for (int segment = 0; segment < segments; segment++)
                total += segmentSums[segment * tileRows * OUTPUTS + i];
            output[(long long)row * outputs + column] = bias ? total + bias[column] : total;
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) linear_mma_8(
    const float* __restrict__ input, int rows, int inputs, const bf16* __restrict__ weights, int stride, int outputs,
    const float* __restrict__ bias, float* __restrict__ output)
{
    linear_mma<1>(input, inputs, rows, inputs, weights, stride, outputs, bias, output);
}

extern "C" __global__ void __launch_bounds__(256) linear_mma_16(
    const bf16* __restrict__ input, int rows, int inputs, const bf16* __restrict__ weights, int stride, int outputs,
    const float* __restrict__ bias, float* __restrict__ output)
{
    linear_mma<2>(input, stride, rows, inputs, weights, stride, outputs, bias, output);
}

extern "C" __global__ void __launch_bounds__(256) linear_mma_32(
    const bf16* __restrict__ input, int rows, int inputs, const bf16* __restrict__ weights, int stride, int outputs,
    const float* __restrict__ bias, float* __restrict__ output)
{
    linear_mma<4>(input, stride, rows, inputs, weights, stride, outputs, bias, output);
}

extern "C" __global__ void __launch_bounds__(256) linear_mma_64(
    const bf16* __restrict__ input, int rows, int inputs, const bf16* __restrict__ weights, int stride, int outputs,
    const float* __restrict__ bias, float* __restrict__ output)
{
    linear_mma<8>(input, stride, rows, inputs, weights, stride, outputs, bias, output);
}
