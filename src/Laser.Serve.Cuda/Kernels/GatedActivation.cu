// Gated feed-forward: output[i] = f(gate[i]) * up[i], with
//   silu:       f(x) = x / (1 + exp(-x))
//   gelu:       f(x) = x/2 * (1 + erf(x / sqrt 2))
//   gelu_tanh:  f(x) = x/2 * (1 + tanh(z)) = x / (1 + exp(-2z)),  z = sqrt(2/pi) * (x + 0.044715 x^3)
// An exponential that overflows makes the quotient a zero, which is the limit.
//
//   gateUp  [rows][gate 0..n-1 | up 0..n-1] fp32
//   output  [rows][n] fp32
//
// grid (rows, columns / 1024): a thread takes four columns, 256 apart.
#include "common.cuh"

struct Silu
{
    __device__ static __forceinline__ float apply(float x) { return x / (1.f + expf(-x)); }
};

struct Gelu
{
    __device__ static __forceinline__ float apply(float x)
    {
        float half = 0.5f * x;
        return fmaf(half, erff(x * 0.70710678f), half);
    }
};

struct GeluTanh
{
    __device__ static __forceinline__ float apply(float x)
    {
        float z = fmaf(x * x * x, 0.044715f, x);
        return x / (1.f + expf(z * -1.59576912f));
    }
};

template <class F> __device__ __forceinline__ void activate(const float* gateUp, int columns, float* output)
{
    const float* gate = gateUp + (long long)blockIdx.x * 2 * columns;
    float* target = output + (long long)blockIdx.x * columns;
#pragma unroll
    for (int part = 0; part < 4; part++)
    {
        int i = blockIdx.y * 1024 + part * 256 + threadIdx.x;
        if (i < columns)
            target[i] = F::apply(gate[i]) * gate[columns + i];
    }
}

extern "C" __global__ void __launch_bounds__(256) silu(const float* __restrict__ gateUp, int columns, float* __restrict__ output)
{
    activate<Silu>(gateUp, columns, output);
}

extern "C" __global__ void __launch_bounds__(256) gelu(const float* __restrict__ gateUp, int columns, float* __restrict__ output)
{
    activate<Gelu>(gateUp, columns, output);
}

extern "C" __global__ void __launch_bounds__(256) gelu_tanh(
    const float* __restrict__ gateUp, int columns, float* __restrict__ output)
{
    activate<GeluTanh>(gateUp, columns, output);
}
