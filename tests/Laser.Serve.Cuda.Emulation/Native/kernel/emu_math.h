// Arithmetic that CUDA has beyond <math.h>. The single-precision names of <math.h> are those of the C library.
#pragma once

#include <math.h>

template <class T>
inline T __ldg(const T* address)
{
    return *address;
}

#define EMU_BIT_CAST(name, to, from) \
    inline to name(from value) \
    { \
        return __builtin_bit_cast(to, value); \
    }

EMU_BIT_CAST(__float_as_uint, unsigned, float)
EMU_BIT_CAST(__float_as_int, int, float)
EMU_BIT_CAST(__uint_as_float, float, unsigned)
EMU_BIT_CAST(__int_as_float, float, int)
EMU_BIT_CAST(__double_as_longlong, long long, double)
EMU_BIT_CAST(__longlong_as_double, double, long long)
#undef EMU_BIT_CAST

#define EMU_MIN_MAX(type) \
    inline type min(type a, type b) \
    { \
        return a < b ? a : b; \
    } \
    inline type max(type a, type b) \
    { \
        return a > b ? a : b; \
    }

EMU_MIN_MAX(int)
EMU_MIN_MAX(unsigned)
EMU_MIN_MAX(long)
EMU_MIN_MAX(unsigned long)
EMU_MIN_MAX(long long)
EMU_MIN_MAX(unsigned long long)
#undef EMU_MIN_MAX

// Of floating-point numbers they are those that drop NaN.
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

inline int __popc(unsigned value) { return __builtin_popcount(value); }
inline int __popcll(unsigned long long value) { return __builtin_popcountll(value); }
inline int __clz(int value) { return value == 0 ? 32 : __builtin_clz(value); }
inline int __clzll(long long value) { return value == 0 ? 64 : __builtin_clzll(value); }
inline int __ffs(int value) { return __builtin_ffs(value); }
inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned long long)a * b >> 32; }

inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline float __frcp_rn(float a) { return 1.f / a; }
inline float rsqrtf(float a) { return 1.f / sqrtf(a); }

inline int __float2int_rn(float a) { return (int)rintf(a); }
inline int __float2int_rz(float a) { return (int)a; }
inline int __float2int_rd(float a) { return (int)floorf(a); }
inline int __float2int_ru(float a) { return (int)ceilf(a); }
inline float __int2float_rn(int a) { return (float)a; }

namespace emu
{
/// To bf16, to nearest even; a NaN becomes the canonical one.
inline uint16_t f2bf(float value)
{
    uint32_t bits = __float_as_uint(value);
    if ((bits & 0x7fffffff) > 0x7f800000)
    {
        return 0x7fff;
    }

    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

inline float bf2f(uint16_t value)
{
    return __uint_as_float((uint32_t)value << 16);
}
}
