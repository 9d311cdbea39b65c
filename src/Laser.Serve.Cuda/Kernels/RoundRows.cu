// Rows rounded to bf16, to nearest even, for LinearMma.cu and LinearMmaTiled.cu.
//
//   input   [gridDim.x][inputs] fp32
//   output  [gridDim.x][stride] bf16; stride is even, numbers from `inputs` on are zeros
//
// A block is a row; its threads take pairs in turn.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) round_rows(
    const float* __restrict__ input, int inputs, int stride, unsigned* __restrict__ output)
{
    const float* source = input + (long long)blockIdx.x * inputs;
    unsigned* target = output + (long long)blockIdx.x * (stride / 2);
    for (int pair = threadIdx.x; pair < stride / 2; pair += 256)
    {
        float lo = 2 * pair < inputs ? source[2 * pair] : 0.f;
        float hi = 2 * pair + 1 < inputs ? source[2 * pair + 1] : 0.f;
        target[pair] = lz_pack(lo, hi);
    }
}
