// Adds the sums of segments up, in ascending order and in fp64, and takes logarithms: o = ln m - ln l, or m / l of ordinary attention.
// The sums are those of Attend.cu.
#include "attend_sums.cuh"

// Sums over segments so far.
struct Total {
    double mantissa;
    int exponent;
    int unused;
};

// (m, X) += y at x, in fp64.
__device__ __forceinline__ void lz_add(Total& total, double y, int x) {
    if (total.exponent == NOTHING) { total.mantissa = y; total.exponent = x; }
    else if (x > total.exponent) { total.mantissa = ldexp(total.mantissa, total.exponent - x) + y; total.exponent = x; }
    else total.mantissa += ldexp(y, x - total.exponent);
}

// ln m + X ln 2 - (ln l + Xl ln 2) with mantissas brought to [1/2, 1) first: so equal values give equal bits under any shift.
__device__ __forceinline__ float lz_log_mean(Total sum, Total weight) {
    if (!(sum.mantissa > 0) || !(weight.mantissa > 0)) return LZ_NAN;
    int e, el;
    double m = frexp(sum.mantissa, &e), l = frexp(weight.mantissa, &el);
    return (float)(log(m) - log(l) + ((double)(sum.exponent + e) - (weight.exponent + el)) * LN2);
}

// m / l of ordinary attention.
__device__ __forceinline__ float lz_mean(Total sum, Total weight) {
    return (float)(ldexp(sum.mantissa, sum.exponent - weight.exponent) / weight.mantissa);
}

// One thread per channel; the sum of the weights is the same in all of them. Segments that a query does not see have nothing for it.
// Passes over more segments than partials hold keep what they have in totals: [tile][kv head][TILE][DIM + 1], the last for the weights.
extern "C" __global__ void __launch_bounds__(CHANNEL_THREADS) attend_finish(
    const int4* tiles, const int* queryStarts, const int* contextLengths, int* faults, int firstSegment, int segments, int isLast,
    float floorValue, const float* partials, Total* totals, float* output)
{
    int4 tile = tiles[blockIdx.x];
    int sequence = tile.x, channel = threadIdx.x, head = blockIdx.y;
    int firstRow = queryStarts[sequence], length = contextLengths[sequence];
    int start = length - (queryStarts[sequence + 1] - firstRow);
    bool failed = faults[sequence] != 0, finite = true;
    for (int query = 0; query < tile.z; query++) {
        int index = tile.y + query, position = start + index / GROUP;
        Total* total = totals + (((long long)blockIdx.x * KV_HEADS + head) * TILE + query) * (DIM + 1);
        Total sum = { 0.0, NOTHING, 0 }, weight = sum;
        if (firstSegment > 0 && channel < DIM) {
            sum = total[channel];
            weight = total[DIM];
        }
        for (int z = 0; channel < DIM && !failed && z < segments && (firstSegment + z) * SEGMENT <= position; z++) {
            const float* partial = partials + (((long long)blockIdx.x * KV_HEADS + head) * segments + z) * PARTIAL_WORDS;
            lz_add(sum, partial[query * DIM + channel], ((const int*)partial)[(TILE + query) * DIM + channel]);
            lz_add(weight, partial[2 * TILE * DIM + query], ((const int*)partial)[2 * TILE * DIM + TILE + query]);
        }
        if (!isLast) {
            __syncthreads();                             // all have read the sum of the weights
            if (channel < DIM) total[channel] = sum;
            if (channel == 0) total[DIM] = weight;
        } else if (channel < HEAD_DIM) {
            float o = 0.f;
            if (!failed) {
                o = LASER ? lz_log_mean(sum, weight) : lz_mean(sum, weight);
                bool usable = fabsf(o) < LZ_INFINITY;
                finite &= usable;
                o = !usable ? 0.f : LASER && o < floorValue ? floorValue : o;
            }
            output[(long long)(firstRow + index / GROUP) * (HEADS * HEAD_DIM) + (head * GROUP + index % GROUP) * HEAD_DIM + channel] = o;
        }
    }
    if (!finite) {
        atomicCAS(&faults[sequence], 0, FAULT_NON_FINITE_OUTPUT);
    }
}
