// Sums that carry their exponent, and where those of a segment are kept between the kernels of attention.
#pragma once
#include "attention.cuh"

#define TILE 16
#define NOTHING (-(1 << 30))                      // exponent of a sum that nothing was added to
#define LOG2E 1.4426950408889634
#define LN2 0.6931471805599453

// x * 2^d for d <= 0: zero where a float ends.
__device__ __forceinline__ float lz_lower(float x, int d) {
    if (d < -252) return 0.f;
    int half = d / 2;
    return x * lz_power(half) * lz_power(d - half);
}

// (m, X) += y at x.
__device__ __forceinline__ void lz_add(float& m, int& exponent, float y, int x) {
    if (exponent == NOTHING) { m = y; exponent = x; }
    else if (x > exponent) { m = lz_lower(m, exponent - x) + y; exponent = x; }
    else m += lz_lower(y, x - exponent);
}

// Sums of one segment: fp32 mantissas [TILE][DIM], exponents [TILE][DIM], then weights [TILE] and their exponents [TILE].
#define PARTIAL_WORDS (2 * TILE * DIM + 2 * TILE)
