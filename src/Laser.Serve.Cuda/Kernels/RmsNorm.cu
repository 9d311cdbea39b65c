// Root-mean-square normalisation: y[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i], of whole rows and of heads in rows.
//
// Squares are summed by fused multiply-adds in one chain per thread, thread i taking columns i, i + n, i + 2n and so on of
// n threads; chains are added in a tree over the lanes of a warp, then warp by warp. n is fixed, so the order depends on
// the number of columns only.
#include "common.cuh"

__device__ __forceinline__ float sum_of_squares(const float* x, int columns, int first, int step)
{
    float sum = 0.f;
    for (int i = first; i < columns; i += step)
        sum = fmaf(x[i], x[i], sum);
    return sum;
}

__device__ __forceinline__ void scale_columns(
    const float* x, const float* weight, float squares, int columns, float epsilon, int first, int step, float* y)
{
    float scale = 1.f / sqrtf(squares / (float)columns + epsilon);
    for (int i = first; i < columns; i += step)
        y[i] = x[i] * scale * weight[i];
}

// A block of 256 threads is a row; shared memory: one float per warp. The output may be the input: a thread reads and
// writes the same columns, and writes only when all squares are summed.
extern "C" __global__ void __launch_bounds__(256) rms_norm(
    const float* input, const float* __restrict__ weight, int columns, float epsilon, float* output)
{
    LZ_DYN_SMEM(shared);
    long long start = (long long)blockIdx.x * columns;
    float squares = lz_block_sum(sum_of_squares(input + start, columns, threadIdx.x, 256), (float*)shared);
    scale_columns(input + start, weight, squares, columns, epsilon, threadIdx.x, 256, output + start);
}

// In place on heads of headDim columns from firstColumn on; one weight for all heads. grid (rows, heads / 8): a warp is a
// head.
extern "C" __global__ void __launch_bounds__(256) head_rms_norm(
    float* tensor, int columns, int firstColumn, int headCount, int headDim, const float* __restrict__ weight,
    float epsilon)
{
    int head = blockIdx.y * 8 + lz_warp();
    if (head >= headCount)
        return;
    int lane = threadIdx.x % 32;
    float* x = tensor + (long long)blockIdx.x * columns + firstColumn + head * headDim;
    float squares = lz_warp_sum(sum_of_squares(x, headDim, lane, 32));
    scale_columns(x, weight, squares, headDim, epsilon, lane, 32, x);
}
