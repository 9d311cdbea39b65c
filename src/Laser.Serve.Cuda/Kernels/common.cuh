// What all kernels share: number formats, exchange between lanes, and the instructions that C++ has no name for. No other
// file holds inline assembler.
//
// There are two bodies. One is for the device: for NVRTC, and for clang with a prelude that declares CUDA's built-ins. The
// other is for the emulation on a processor (LZ_EMU; its header stands ahead of this one and brings the namespace emu).
//
// Every sum has an order that the shape of one row fixes. Where a product is added to something, kernels say fmaf; where it
// must be rounded before it is added, lz_mul. So no compiler decides over bits by fusing, or not, what stands side by side.
#pragma once

typedef unsigned short bf16; // as stored: the upper half of an fp32; arithmetic is always in fp32
typedef unsigned short f16;  // as stored: IEEE 754 binary16

#define LZ_ALL_LANES 0xffffffffu

union lz_bits
{
    float f;
    unsigned u;
};

__device__ __forceinline__ float lz_asf(unsigned bits)
{
    lz_bits b;
    b.u = bits;
    return b.f;
}

__device__ __forceinline__ unsigned lz_asu(float value)
{
    lz_bits b;
    b.f = value;
    return b.u;
}

// Exact: a bf16, and the two halves of a word of them.
__device__ __forceinline__ float lz_bf2f(bf16 h) { return lz_asf((unsigned)h << 16); }
__device__ __forceinline__ float lz_lo(unsigned word) { return lz_asf(word << 16); }
__device__ __forceinline__ float lz_hi(unsigned word) { return lz_asf(word & 0xffff0000u); }

#ifdef LZ_EMU

#define LZ_DYN_SMEM(name) unsigned char* name = emu::emu_smem()

// The barrier keeps the compiler from fusing the product with an addition.
__device__ inline float lz_mul(float a, float b)
{
    float product = a * b;
    asm("" : "+x"(product));
    return product;
}

__device__ inline float lz_ex2(float x) { return exp2f(x); }
__device__ inline float lz_lg2(float x) { return log2f(x); }

__device__ inline unsigned lz_pack(float lo, float hi) { return emu::f2bf(lo) | (unsigned)emu::f2bf(hi) << 16; }

__device__ inline float lz_h2f(f16 h)
{
    unsigned sign = (h & 0x8000u) << 16;
    unsigned exponent = (h >> 10) & 0x1fu;
    unsigned mantissa = h & 0x3ffu;
    if (exponent == 0)
        return lz_asf(sign | lz_asu((float)mantissa * 5.9604644775390625e-8f)); // subnormal: units of 2^-24
    if (exponent == 31)
        return lz_asf(sign | 0x7f800000u | mantissa << 13);
    return lz_asf(sign | (exponent + 112) << 23 | mantissa << 13);
}

__device__ inline void lz_mma(float d[4], const unsigned a[4], const unsigned b[2]) { emu::mma16816(d, a, b); }
__device__ inline void lz_ldsm4(unsigned r[4], const void* row) { emu::ldmatrix4(r, row, false); }
__device__ inline void lz_ldsm4t(unsigned r[4], const void* row) { emu::ldmatrix4(r, row, true); }
__device__ inline void lz_cp16(void* shared, const void* global, bool ok) { emu::cp_async16(shared, global, ok); }
__device__ inline void lz_cp_commit() { emu::emu_cp_commit(); }
template <int N> __device__ inline void lz_cp_wait() { emu::cp_wait(N); }

#else

// Dynamic shared memory: the emulation poisons and checks only that.
#define LZ_DYN_SMEM(name) extern __shared__ __align__(128) unsigned char name[]

// A product, rounded; never fused with an addition.
__device__ __forceinline__ float lz_mul(float a, float b) { return __fmul_rn(a, b); }

// 2^x and log2 x, about 2^-22 off; subnormal numbers count as zero.
__device__ __forceinline__ float lz_ex2(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ __forceinline__ float lz_lg2(float x)
{
    float y;
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// Two numbers rounded to bf16, to nearest even, in one word.
__device__ __forceinline__ unsigned lz_pack(float lo, float hi)
{
    unsigned word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(hi), "f"(lo));
    return word;
}

// Exact.
__device__ __forceinline__ float lz_h2f(f16 h)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(h));
    return value;
}

__device__ __forceinline__ unsigned lz_saddr(const void* shared)
{
    unsigned address;
    asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(address) : "l"(shared));
    return address;
}

// d[16 x 8] += a[16 x 16] * b[16 x 8], all lanes of a warp. With g = lane / 4 and t = lane % 4, a word being two numbers
// along k:
//   a[0] row g, k 2t     a[1] row g + 8, k 2t     a[2] row g, k 2t + 8     a[3] row g + 8, k 2t + 8
//   b[0] k 2t, column g  b[1] k 2t + 8, column g
//   d[0], d[1] row g, columns 2t, 2t + 1          d[2], d[3] row g + 8, the same columns
__device__ __forceinline__ void lz_mma(float d[4], const unsigned a[4], const unsigned b[2])
{
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Four matrices of 8 x 8 bf16: lane i names row i % 8 of matrix i / 8 and gets, of every matrix, the word t of row g (or, for
// the transposed form, numbers 2t and 2t + 1 of column g).
__device__ __forceinline__ void lz_ldsm4(unsigned r[4], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(lz_saddr(row)) : "memory");
}

__device__ __forceinline__ void lz_ldsm4t(unsigned r[4], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(lz_saddr(row)) : "memory");
}

// Starts a copy of 16 aligned bytes to shared memory; where not ok, of zeros, and nothing is read. The copies started since
// the last commit are a group; a wait leaves the N youngest groups under way.
__device__ __forceinline__ void lz_cp16(void* shared, const void* global, bool ok)
{
    int bytes = ok ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
        :: "r"(lz_saddr(shared)), "l"(global), "r"(bytes) : "memory");
}

__device__ __forceinline__ void lz_cp_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int N> __device__ __forceinline__ void lz_cp_wait()
{
    asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory");
}

#endif

// One number rounded to bf16, to nearest even.
__device__ __forceinline__ bf16 lz_f2bf(float value) { return (bf16)(lz_pack(value, 0.f) & 0xffffu); }

__device__ __forceinline__ float lz_shfl_xor(float value, int mask) { return __shfl_xor_sync(LZ_ALL_LANES, value, mask); }

// The warp of this thread, in a form that the compiler knows to be the same in all its lanes.
__device__ __forceinline__ int lz_warp() { return __shfl_sync(LZ_ALL_LANES, (int)threadIdx.x / 32, 0); }

// The sum over the lanes, in all of them: pairs 16 lanes apart, then 8, 4, 2, 1.
__device__ __forceinline__ float lz_warp_sum(float value)
{
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2)
        value += lz_shfl_xor(value, mask);
    return value;
}

__device__ __forceinline__ float lz_warp_max(float value)
{
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2)
        value = fmaxf(value, lz_shfl_xor(value, mask));
    return value;
}

// The sum over a block of whole warps, in all its threads: warps' sums in ascending order. Takes one float of shared memory
// per warp, which may be used again behind the caller's next barrier.
__device__ __forceinline__ float lz_block_sum(float value, float* shared)
{
    value = lz_warp_sum(value);
    if (threadIdx.x % 32 == 0)
        shared[threadIdx.x / 32] = value;
    __syncthreads();
    float sum = 0.f;
    for (int warp = 0; warp < (int)blockDim.x / 32; warp++)
        sum += shared[warp];
    return sum;
}
