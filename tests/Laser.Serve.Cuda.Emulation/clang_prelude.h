// For clang -x cuda --cuda-device-only -nocudainc -nocudalib -include clang_prelude.h: what CUDA's headers would bring, without
// them and without libdevice. It is for a check of the compiler's: where it has no exact function, an approximate instruction
// stands in.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __host__ __attribute__((host))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __align__(n) __attribute__((aligned(n)))

// A function of this file.
#define LZ_PRELUDE static __device__ __forceinline__

typedef __SIZE_TYPE__ size_t;

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };
struct __align__(4) ushort2 { unsigned short x, y; };
struct __align__(8) ushort4 { unsigned short x, y, z, w; };
struct __align__(4) char4 { signed char x, y, z, w; };
struct __align__(8) int2 { int x, y; };
struct __align__(16) int4 { int x, y, z, w; };
struct __align__(8) uint2 { unsigned x, y; };
struct __align__(16) uint4 { unsigned x, y, z, w; };
struct __align__(8) float2 { float x, y; };
struct __align__(16) float4 { float x, y, z, w; };
struct __align__(16) double2 { double x, y; };

LZ_PRELUDE int2 make_int2(int x, int y) { return int2{ x, y }; }
LZ_PRELUDE int4 make_int4(int x, int y, int z, int w) { return int4{ x, y, z, w }; }
LZ_PRELUDE uint2 make_uint2(unsigned x, unsigned y) { return uint2{ x, y }; }
LZ_PRELUDE uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return uint4{ x, y, z, w }; }
LZ_PRELUDE float2 make_float2(float x, float y) { return float2{ x, y }; }
LZ_PRELUDE float4 make_float4(float x, float y, float z, float w) { return float4{ x, y, z, w }; }

// threadIdx and the like: structs whose members read special registers.
#define LZ_SPECIAL_REGISTER(type, name, reg) \
    struct type \
    { \
        __declspec(property(get = getX)) unsigned x; \
        __declspec(property(get = getY)) unsigned y; \
        __declspec(property(get = getZ)) unsigned z; \
        static __device__ __forceinline__ unsigned getX() { return __nvvm_read_ptx_sreg_##reg##_x(); } \
        static __device__ __forceinline__ unsigned getY() { return __nvvm_read_ptx_sreg_##reg##_y(); } \
        static __device__ __forceinline__ unsigned getZ() { return __nvvm_read_ptx_sreg_##reg##_z(); } \
    }; \
    extern const __device__ __attribute__((weak)) type name;

LZ_SPECIAL_REGISTER(lz_thread_index, threadIdx, tid)
LZ_SPECIAL_REGISTER(lz_block_index, blockIdx, ctaid)
LZ_SPECIAL_REGISTER(lz_block_size, blockDim, ntid)
LZ_SPECIAL_REGISTER(lz_grid_size, gridDim, nctaid)
#define warpSize 32

// Synchronization. __syncthreads is a builtin of clang's.
LZ_PRELUDE void __syncwarp(unsigned mask = 0xffffffffu) { __nvvm_bar_warp_sync(mask); }
LZ_PRELUDE void __threadfence() { __nvvm_membar_gl(); }
LZ_PRELUDE void __threadfence_block() { __nvvm_membar_cta(); }
LZ_PRELUDE void __trap() { asm volatile("trap;"); }

// Bits.
#define LZ_BIT_CAST(name, to, from) \
    LZ_PRELUDE to name(from value) \
    { \
        to bits; \
        __builtin_memcpy(&bits, &value, sizeof bits); \
        return bits; \
    }

LZ_BIT_CAST(__float_as_uint, unsigned, float)
LZ_BIT_CAST(__float_as_int, int, float)
LZ_BIT_CAST(__uint_as_float, float, unsigned)
LZ_BIT_CAST(__int_as_float, float, int)
LZ_BIT_CAST(__double_as_longlong, long long, double)
LZ_BIT_CAST(__longlong_as_double, double, long long)

LZ_PRELUDE int __popc(unsigned value) { return __builtin_popcount(value); }
LZ_PRELUDE int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
LZ_PRELUDE int __clz(int value) { return value == 0 ? 32 : __builtin_clz(value); }
LZ_PRELUDE int __clzll(long long value) { return value == 0 ? 64 : __builtin_clzll(value); }
LZ_PRELUDE int __ffs(int value) { return __builtin_ffs(value); }

// Shuffles and votes.
#define LZ_SHUFFLE(type, name, argument, builtin, clamp) \
    LZ_PRELUDE type name(unsigned mask, type value, argument a) \
    { \
        return builtin(mask, value, a, clamp); \
    }

#define LZ_SHUFFLES(type, suffix) \
    LZ_SHUFFLE(type, __shfl_sync, int, __nvvm_shfl_sync_idx_##suffix, 0x1f) \
    LZ_SHUFFLE(type, __shfl_xor_sync, int, __nvvm_shfl_sync_bfly_##suffix, 0x1f) \
    LZ_SHUFFLE(type, __shfl_down_sync, unsigned, __nvvm_shfl_sync_down_##suffix, 0x1f) \
    LZ_SHUFFLE(type, __shfl_up_sync, unsigned, __nvvm_shfl_sync_up_##suffix, 0)

LZ_SHUFFLES(int, i32)
LZ_SHUFFLES(unsigned, i32)
LZ_SHUFFLES(float, f32)

// 8 bytes go as two halves.
#define LZ_WIDE_SHUFFLE(type, name, argument) \
    LZ_PRELUDE type name(unsigned mask, type v, argument a) \
    { \
        int halves[2]; \
        __builtin_memcpy(halves, &v, sizeof v); \
        halves[0] = name(mask, halves[0], a); \
        halves[1] = name(mask, halves[1], a); \
        __builtin_memcpy(&v, halves, sizeof v); \
        return v; \
    }

#define LZ_WIDE_SHUFFLES(type) \
    LZ_WIDE_SHUFFLE(type, __shfl_sync, int) \
    LZ_WIDE_SHUFFLE(type, __shfl_xor_sync, int) \
    LZ_WIDE_SHUFFLE(type, __shfl_down_sync, unsigned) \
    LZ_WIDE_SHUFFLE(type, __shfl_up_sync, unsigned)

LZ_WIDE_SHUFFLES(double)
LZ_WIDE_SHUFFLES(long long)
LZ_WIDE_SHUFFLES(unsigned long long)

LZ_PRELUDE unsigned __ballot_sync(unsigned mask, int predicate) { return __nvvm_vote_ballot_sync(mask, predicate != 0); }
LZ_PRELUDE int __any_sync(unsigned mask, int predicate) { return __nvvm_vote_any_sync(mask, predicate != 0); }
LZ_PRELUDE int __all_sync(unsigned mask, int predicate) { return __nvvm_vote_all_sync(mask, predicate != 0); }

// Atomics.
LZ_PRELUDE float atomicAdd(float* p, float v) { return __nvvm_atom_add_gen_f(p, v); }
LZ_PRELUDE int atomicAdd(int* p, int v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
LZ_PRELUDE unsigned atomicAdd(unsigned* p, unsigned v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
LZ_PRELUDE unsigned long long atomicAdd(unsigned long long* p, unsigned long long v)
{
    return __atomic_fetch_add(p, v, __ATOMIC_RELAXED);
}
LZ_PRELUDE int atomicMax(int* p, int v) { return __nvvm_atom_max_gen_i(p, v); }
LZ_PRELUDE unsigned atomicMax(unsigned* p, unsigned v) { return __nvvm_atom_max_gen_ui((unsigned*)p, v); }
LZ_PRELUDE unsigned long long atomicMax(unsigned long long* p, unsigned long long v) { return __nvvm_atom_max_gen_ull(p, v); }
LZ_PRELUDE int atomicCAS(int* p, int expected, int v) { return __nvvm_atom_cas_gen_i(p, expected, v); }
LZ_PRELUDE unsigned atomicCAS(unsigned* p, unsigned expected, unsigned v)
{
    return (unsigned)__nvvm_atom_cas_gen_i((int*)p, (int)expected, (int)v);
}
LZ_PRELUDE unsigned atomicExch(unsigned* p, unsigned v) { return __atomic_exchange_n(p, v, __ATOMIC_RELAXED); }
LZ_PRELUDE int atomicExch(int* p, int v) { return __atomic_exchange_n(p, v, __ATOMIC_RELAXED); }
LZ_PRELUDE int atomicOr(int* p, int v) { return __atomic_fetch_or(p, v, __ATOMIC_RELAXED); }
LZ_PRELUDE unsigned atomicOr(unsigned* p, unsigned v) { return __atomic_fetch_or(p, v, __ATOMIC_RELAXED); }

// Arithmetic.
template <class T>
LZ_PRELUDE T __ldg(const T* address) { return *address; }

LZ_PRELUDE int min(int a, int b) { return a < b ? a : b; }
LZ_PRELUDE int max(int a, int b) { return a > b ? a : b; }
LZ_PRELUDE unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
LZ_PRELUDE unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
LZ_PRELUDE long long min(long long a, long long b) { return a < b ? a : b; }
LZ_PRELUDE long long max(long long a, long long b) { return a > b ? a : b; }

LZ_PRELUDE float fmaxf(float a, float b) { return __builtin_fmaxf(a, b); }
LZ_PRELUDE float fminf(float a, float b) { return __builtin_fminf(a, b); }
LZ_PRELUDE float ceilf(float a) { return __builtin_ceilf(a); }
LZ_PRELUDE float floorf(float a) { return __builtin_floorf(a); }
LZ_PRELUDE float truncf(float a) { return __builtin_truncf(a); }
LZ_PRELUDE float roundf(float a) { return __builtin_floorf(a + 0.5f); }
LZ_PRELUDE float fabsf(float a) { return __builtin_fabsf(a); }
LZ_PRELUDE double fabs(double a) { return __builtin_fabs(a); }
LZ_PRELUDE float fmaf(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
LZ_PRELUDE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
LZ_PRELUDE float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
LZ_PRELUDE float __fadd_rn(float a, float b) { return __nvvm_add_rn_f(a, b); }
LZ_PRELUDE float __fmul_rn(float a, float b) { return __nvvm_mul_rn_f(a, b); }
LZ_PRELUDE int __float2int_rn(float a) { return __nvvm_f2i_rn(a); }
LZ_PRELUDE bool isnan(float a) { return __builtin_isnan(a); }
LZ_PRELUDE bool isinf(float a) { return __builtin_isinf(a); }
LZ_PRELUDE bool isfinite(float a) { return !__builtin_isnan(a) && !__builtin_isinf(a); }
LZ_PRELUDE float sqrtf(float a) { return __nvvm_sqrt_rn_f(a); }
LZ_PRELUDE double sqrt(double a) { return __nvvm_sqrt_rn_d(a); }

#define LZ_INSTRUCTION(name, instruction) \
    LZ_PRELUDE float name(float a) \
    { \
        float r; \
        asm(instruction " %0, %1;" : "=f"(r) : "f"(a)); \
        return r; \
    }

LZ_INSTRUCTION(rintf, "cvt.rni.f32.f32")
LZ_INSTRUCTION(rsqrtf, "rsqrt.approx.ftz.f32")
LZ_INSTRUCTION(exp2f, "ex2.approx.ftz.f32")
LZ_INSTRUCTION(log2f, "lg2.approx.ftz.f32")
LZ_INSTRUCTION(tanhf, "tanh.approx.f32")

LZ_PRELUDE float expf(float a) { return exp2f(a * 1.4426950408889634f); }
LZ_PRELUDE float logf(float a) { return log2f(a) * 0.6931471805599453f; }
LZ_PRELUDE float __expf(float a) { return expf(a); }
LZ_PRELUDE float __logf(float a) { return logf(a); }
LZ_PRELUDE float erff(float a) { return tanhf(a * 1.1283791670955126f); }
LZ_PRELUDE float powf(float a, float b) { return exp2f(b * log2f(a)); }
LZ_PRELUDE float ldexpf(float a, int n) { return a * exp2f((float)n); }
LZ_PRELUDE double exp(double a) { return (double)expf((float)a); }
LZ_PRELUDE double log(double a) { return (double)logf((float)a); }
LZ_PRELUDE double exp2(double a) { return (double)exp2f((float)a); }
LZ_PRELUDE double floor(double a) { return __builtin_floor(a); }
LZ_PRELUDE double ldexp(double a, int n) { return a * exp2((double)n); }
LZ_PRELUDE double frexp(double a, int* exponent)
{
    *exponent = (int)floor((double)log2f((float)a)) + 1;
    return ldexp(a, -*exponent);
}
