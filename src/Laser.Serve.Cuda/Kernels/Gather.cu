// Rows picked out: output[i] = input[rows[i]].
//
//   rows    [gridDim.x] int32, all of them rows of the input
//   input   [..][columns] fp32
//   output  [gridDim.x][columns] fp32
//
// A block is a row of the output; its threads take columns in turn.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) gather(
    const int* __restrict__ rows, const float* __restrict__ input, int columns, float* __restrict__ output)
{
    const float* source = input + (long long)rows[blockIdx.x] * columns;
    float* target = output + (long long)blockIdx.x * columns;
    for (int i = threadIdx.x; i < columns; i += 256)
        target[i] = source[i];
}
