// Rotary position embedding in place, half-split: for i below h,
//   x[i], x[i + h] = x[i] c[i] - x[i + h] s[i], x[i + h] c[i] + x[i] s[i]
// Channels of a head from 2h on stay.
//
//   positions  [rows] int32
//   table      [tableRows][cos 0..h-1 | sin 0..h-1] fp32
//   tensor     [rows][columns] fp32, the heads first
//
// A block is a row; its threads take pairs (head, i) in turn. A position that is not in the table gives NaN, so that it
// shows and nothing outside of the table is read.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) rotary(
    const int* __restrict__ positions, const float* __restrict__ table, int tableRows, int half, float* tensor, int columns,
    int headCount, int headDim)
{
    int position = positions[blockIdx.x];
    bool known = position >= 0 && position < tableRows;
    const float* cosines = table + (long long)(known ? position : 0) * 2 * half;
    float* row = tensor + (long long)blockIdx.x * columns;
    for (int pair = threadIdx.x; pair < headCount * half; pair += blockDim.x)
    {
        int i = pair % half;
        float* x = row + pair / half * headDim + i;
        float a = x[0];
        float b = x[half];
        float c = known ? cosines[i] : lz_asf(0x7fffffffu);
        float s = cosines[half + i];
        x[0] = fmaf(a, c, -lz_mul(b, s));
        x[half] = fmaf(b, c, lz_mul(a, s));
    }
}
