// output = input * weight^T + bias for bf16 weights and many rows: tiles of weights and inputs through shared memory. The
// order of sums is that of linear_mma.cuh, so bits are those of LinearMma.cu.
//
//   input    [rows][stride] bf16 from RoundRows.cu
//   weights  [outputs][stride] bf16; stride is a multiple of 64, the rest zeros
//   bias     [outputs] fp32 or null
//   output   [rows][outputs] fp32
//
// A block computes a tile of OUTPUT_WARPS * OUTPUT_TILES * 16 outputs by ROW_WARPS * ROW_TILES * 8 rows, each of its warps a
// part of OUTPUT_TILES * 16 by ROW_TILES * 8 of it over all inputs. Steps of 64 inputs are copied ahead into a ring of three
// stages; at the end of a segment its sums go to the totals. Blocks that need the same weights stand side by side: rows are
// dealt fastest.
//
// Shared memory, per stage: [outputs and then rows of the tile][8 chunks of 8 bf16]. A quarter of a warp reads four chunks of
// two neighbouring rows at once; in odd rows the first and the last four chunks are swapped, so that these are in different
// banks.
#include "linear_mma.cuh"

#define STEP 64
#define CHUNKS (STEP / 8)
#define STAGES 3

// Where a chunk of a row of a stage lies, in numbers.
__device__ __forceinline__ int place(int row, int chunk) { return row * STEP + (chunk ^ (row % 2 * 4)) * 8; }

// Starts the copies of one step; what does not exist becomes zeros.
template <int COUNT, int THREADS>
__device__ __forceinline__ void copy_rows(bf16* stage, const bf16* source, int first, int end, int stride, int k)
{
#pragma unroll
    for (int i = 0; i < COUNT * CHUNKS; i += THREADS)
    {
        int row = (i + (int)threadIdx.x) / CHUNKS;
        int chunk = (i + (int)threadIdx.x) % CHUNKS;
        bool exists = first + row < end;
        long long offset = (long long)(exists ? first + row : first) * stride + k + chunk * 8;
        lz_cp16(stage + place(row, chunk), source + offset, exists);
    }
}

__device__ __forceinline__ uint4 read_chunk(const bf16* stage, int row, int chunk)
{
    return *(const uint4*)(stage + place(row, chunk));
}

// sums [output tile][row tile][4]: the part of a warp.
template <int OUTPUT_TILES, int ROW_TILES>
__device__ __forceinline__ void multiply_step(
    float* sums, const bf16* weights, const bf16* inputs, int firstOutput, int firstRow)
{
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
#pragma unroll
    for (int block = 0; block < STEP / BLOCK_INPUTS; block++)
    {
        int chunk = block * 4 + t;
        uint4 lower[OUTPUT_TILES];
        uint4 upper[OUTPUT_TILES];
#pragma unroll
        for (int o = 0; o < OUTPUT_TILES; o++)
        {
            lower[o] = read_chunk(weights, firstOutput + 16 * o + g, chunk);
            upper[o] = read_chunk(weights, firstOutput + 16 * o + g + 8, chunk);
        }

#pragma unroll
        for (int r = 0; r < ROW_TILES; r++)
        {
            uint4 x = read_chunk(inputs, firstRow + 8 * r + g, chunk);
#pragma unroll
            for (int o = 0; o < OUTPUT_TILES; o++)
                multiply_block(sums + (o * ROW_TILES + r) * 4, lower[o], upper[o], x);
        }
    }
}

// The four sums of a lane: outputs g and g + 8 of rows 2t and 2t + 1.
__device__ __forceinline__ void store_tile(
    const float* totals, int firstOutput, int firstRow, int rows, int outputs, const float* bias, float* output)
{
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        int column = firstOutput + g + i / 2 * 8;
        int row = firstRow + 2 * t + i % 2;
        if (row < rows && column < outputs)
            output[(long long)row * outputs + column] = bias ? totals[i] + bias[column] : totals[i];
    }
}

template <int OUTPUT_WARPS, int ROW_WARPS, int OUTPUT_TILES, int ROW_TILES>
__device__ __forceinline__ void linear_mma_tiled(
    const bf16* input, int rows, const bf16* weights, int stride, int outputs, const float* bias, float* output)
{
    const int threads = OUTPUT_WARPS * ROW_WARPS * 32;
    const int tileOutputs = OUTPUT_WARPS * OUTPUT_TILES * 16;
    const int tileRows = ROW_WARPS * ROW_TILES * 8;
    const int stageNumbers = (tileOutputs + tileRows) * STEP;
    LZ_DYN_SMEM(shared);
    bf16* stages = (bf16*)shared;
    int rowTiles = (rows + tileRows - 1) / tileRows;
    int firstRow = blockIdx.x % rowTiles * tileRows;
    int firstOutput = (int)blockIdx.x / rowTiles * tileOutputs;
    int warpOutput = lz_warp() % OUTPUT_WARPS * OUTPUT_TILES * 16;
    int warpRow = lz_warp() / OUTPUT_WARPS * ROW_TILES * 8;
    const int count = OUTPUT_TILES * ROW_TILES * 4;
    float sums[count];
    float totals[count];
#pragma unroll
    for (int i = 0; i < count; i++)
        sums[i] = totals[i] = 0.f;

    int steps = stride / STEP;
    for (int step = -(STAGES - 1); step < steps; step++)
    {
        if (step >= 0)
        {
            lz_cp_wait<STAGES - 2>();
            __syncthreads(); // this step has come for all, and all are done with the one before
        }

        int ahead = step + STAGES - 1;
        if (ahead < steps)
        {
            bf16* stage = stages + ahead % STAGES * stageNumbers;
            copy_rows<tileOutputs, threads>(stage, weights, firstOutput, outputs, stride, ahead * STEP);
            copy_rows<tileRows, threads>(stage + tileOutputs * STEP, input, firstRow, rows, stride, ahead * STEP);
        }

        lz_cp_commit();
        if (step < 0)
            continue;

        const bf16* current = stages + step % STAGES * stageNumbers;
        multiply_step<OUTPUT_TILES, ROW_TILES>(sums, current, current + tileOutputs * STEP, warpOutput, warpRow);
        if ((step + 1) % (SEGMENT / STEP) == 0 || step + 1 == steps)
        {
#pragma unroll
            for (int i = 0; i < count; i++)
            {
                totals[i] += sums[i];
                sums[i] = 0.f;
            }
        }
    }

    lz_cp_wait<0>();
#pragma unroll
    for (int o = 0; o < OUTPUT_TILES; o++)
#pragma unroll
        for (int r = 0; r < ROW_TILES; r++)
            store_tile(
                totals + (o * ROW_TILES + r) * 4, firstOutput + warpOutput + 16 * o, firstRow + warpRow + 8 * r, rows,
                outputs, bias, output);
}

// Tiles of 64 outputs by 64 rows; 48 KiB of shared memory.
extern "C" __global__ void __launch_bounds__(128) linear_mma_tiled_64(
    const bf16* __restrict__ input, int rows, const bf16* __restrict__ weights, int stride, int outputs,
    const float* __restrict__ bias, float* __restrict__ output)
{
    linear_mma_tiled<2, 2, 2, 4>(input, rows, weights, stride, outputs, bias, output);
}

// Tiles of 128 outputs by 128 rows; 96 KiB of shared memory.
extern "C" __global__ void __launch_bounds__(256) linear_mma_tiled_128(
    const bf16* __restrict__ input, int rows, const bf16* __restrict__ weights, int stride, int outputs,
    const float* __restrict__ bias, float* __restrict__ output)
{
    linear_mma_tiled<2, 4, 4, 4>(input, rows, weights, stride, outputs, bias, output);
}
