// residual[i] += delta[i]: one addition each. Both are dense, so rows are taken as one run of `count` numbers; a thread takes
// four in a row, the last one what is left.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) add_residual(
    float* __restrict__ residual, const float* __restrict__ delta, long long count)
{
    long long i = ((long long)blockIdx.x * 256 + threadIdx.x) * 4;
    if (i + 4 <= count)
    {
        float4 a = *(const float4*)(residual + i);
        float4 b = *(const float4*)(delta + i);
        *(float4*)(residual + i) = float4{ a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w };
        return;
    }

    for (; i < count; i++)
        residual[i] += delta[i];
}
