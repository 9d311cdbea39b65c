// Embedding lookup: output[row][i] = table[ids[row]][i], widened to fp32, which is exact.
//
//   ids     [rows] int32
//   table   [tableRows][stride] fp32, fp16 or bf16, one entry point each; numbers from `columns` on are padding
//   output  [rows][columns] fp32
//
// A block is a row; its threads take columns in turn. An id that is not in the table gives a row of NaN, so that a wrong
// token shows and nothing outside of the table is read.
#include "common.cuh"

__device__ __forceinline__ float widen(float value) { return value; }

struct Half { f16 bits; };
struct Upper { bf16 bits; };
__device__ __forceinline__ float widen(Half value) { return lz_h2f(value.bits); }
__device__ __forceinline__ float widen(Upper value) { return lz_bf2f(value.bits); }

template <class T>
__device__ __forceinline__ void embed(const int* ids, const T* table, int tableRows, int stride, int columns, float* output)
{
    int id = ids[blockIdx.x];
    bool known = id >= 0 && id < tableRows;
    const T* source = table + (long long)(known ? id : 0) * stride;
    float* target = output + (long long)blockIdx.x * columns;
    for (int i = threadIdx.x; i < columns; i += blockDim.x)
        target[i] = known ? widen(source[i]) : lz_asf(0x7fffffffu);
}

extern "C" __global__ void __launch_bounds__(256) embed_f32(
    const int* __restrict__ ids, const float* __restrict__ table, int tableRows, int stride, int columns,
    float* __restrict__ output)
{
    embed(ids, table, tableRows, stride, columns, output);
}

extern "C" __global__ void __launch_bounds__(256) embed_f16(
    const int* __restrict__ ids, const Half* __restrict__ table, int tableRows, int stride, int columns,
    float* __restrict__ output)
{
    embed(ids, table, tableRows, stride, columns, output);
}

extern "C" __global__ void __launch_bounds__(256) embed_bf16(
    const int* __restrict__ ids, const Upper* __restrict__ table, int tableRows, int stride, int columns,
    float* __restrict__ output)
{
    embed(ids, table, tableRows, stride, columns, output);
}
