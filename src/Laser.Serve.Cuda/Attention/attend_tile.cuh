// One query tile over one block: scores, weights, and sums of weighted values, in shared memory. What is computed, and who computes
// it, is said in Attend.cu.
#pragma once
#include "attend_sums.cuh"

#define THREADS 128
#define WARPS 4
#define OWNED ((DIM + THREADS - 1) / THREADS)     // channels of a thread
#define LDT (DIM + 8)                             // row of a 16-bit tile in shared memory: 16 bytes more, against bank conflicts
#define LDF (DIM + 4)                             // row of an fp32 tile
#define LDW (BLOCK + 8)
#define LDS (BLOCK + 4)
#define LDP (DIM + 4)
#define TILE_BYTES (BLOCK * (KEY_F32 || VALUE_F32 ? LDF * 4 : LDT * 2))
#define QUERY_BYTES (TILE * (KEY_F32 ? LDF * 4 : 3 * LDT * 2))
#define LARGEST_SCORE 5e8f                        // beyond it exponents do not fit; counts as not finite

// Shared memory of a block, in this order.
struct Shared {
    unsigned char* tile;     // keys of a block, then its values
    unsigned char* queries;  // [TILE] fp32, or three bf16 terms
    float* scores;           // [TILE][LDS]
    float* weights;          // fp32 [TILE][LDS]: w
    bf16* weightTerms;       // three bf16 terms [3][TILE][LDW]
    float* parts;            // [TILE][LDP]
    int* exponents;          // [DIM]: of a channel's parts
    int* scoreExponent;      // [TILE]: J
    float* scoreFraction;    // [TILE]: F
    float* weightSum;        // [TILE]: l
    double* largest;         // [TILE]: S
    int* scratch;            // a word per warp
};

__device__ __forceinline__ Shared lz_shared(unsigned char* memory) {
    Shared s;
    s.largest = (double*)memory;
    s.tile = (unsigned char*)(s.largest + TILE);
    s.queries = s.tile + TILE_BYTES;
    s.weightTerms = (bf16*)(s.queries + QUERY_BYTES);
    s.scores = (float*)(s.weightTerms + (VALUE_F32 ? 0 : 3 * TILE * LDW));
    s.weights = s.scores + TILE * LDS;
    s.parts = s.weights + TILE * LDS;
    s.exponents = (int*)(s.parts + TILE * LDP);
    s.scoreExponent = s.exponents + DIM;
    s.scoreFraction = (float*)(s.scoreExponent + TILE);
    s.weightSum = s.scoreFraction + TILE;
    s.scratch = (int*)(s.weightSum + TILE);
    return s;
}

// One query tile, one kv head.
struct Tile {
    int sequence, head, count;      // queries in the tile
    int firstQuery;                 // index of the first among the sequence's new tokens * GROUP
    int firstRow, start, length;    // first row of the sequence, tokens before the step, tokens after it
};

__device__ __forceinline__ int lz_position(const Tile& tile, int query) { return tile.start + (tile.firstQuery + query) / GROUP; }

// x = a + b + c, each a bf16.
__device__ __forceinline__ void lz_terms(float x, bf16* to, int stride) {
    for (int i = 0; i < 3; i++) {
        bf16 term = lz_f2bf(x);
        to[i * stride] = term;
        x -= lz_bf2f(term);
    }
}

__device__ void lz_load_queries(const Tile& tile, const Step& step, Shared s) {
    for (int i = threadIdx.x; i < TILE * DIM; i += THREADS) {
        int query = i / DIM, channel = i % DIM, index = tile.firstQuery + query;
        float q = 0.f;
        if (query < tile.count && channel < HEAD_DIM) {
            q = step.qkv[(long long)(tile.firstRow + index / GROUP) * QKV_COLUMNS + (tile.head * GROUP + index % GROUP) * HEAD_DIM + channel];
        }
        if (KEY_F32) ((float*)s.queries)[query * LDF + channel] = q;
        else lz_terms(q, (bf16*)s.queries + query * LDT + channel, TILE * LDT);
    }
}

// Rows of a page into shared memory; those that nobody sees become zero, whatever stands there.
__device__ __forceinline__ void lz_load_tile(const unsigned char* from, int rows, int elementBytes, unsigned char* to) {
    int pieces = DIM * elementBytes / 16, stride = elementBytes == 4 ? LDF * 4 : LDT * 2;
    for (int i = threadIdx.x; i < BLOCK * pieces; i += THREADS) {
        int row = i / pieces, piece = i % pieces;
        bool seen = row < rows;
        lz_cp16(to + row * stride + piece * 16, from + (seen ? (long long)i * 16 : 0), seen);
    }
    lz_cp_commit();
}

// d += a * b over 16 of k: rows of a and b as they lie in memory, [row][k].
__device__ __forceinline__ void lz_load_a(unsigned a[4], const bf16* rows, int stride) {
    int lane = threadIdx.x % 32, row = lane / 4, k = lane % 4 * 2;
    a[0] = *(const unsigned*)(rows + row * stride + k);
    a[1] = *(const unsigned*)(rows + (row + 8) * stride + k);
    a[2] = *(const unsigned*)(rows + row * stride + k + 8);
    a[3] = *(const unsigned*)(rows + (row + 8) * stride + k + 8);
}

__device__ void lz_score(Shared s, float scale) {
#if KEY_F32
    const float* keys = (const float*)s.tile;
    for (int i = threadIdx.x; i < TILE * BLOCK; i += THREADS) {
        int query = i / BLOCK, token = i % BLOCK;
        float sum = 0.f;
        for (int c = 0; c < DIM; c++) {
            sum = fmaf(((const float*)s.queries)[query * LDF + c], keys[token * LDF + c], sum);
        }
        s.scores[query * LDS + token] = sum * scale;
    }
#else
    int warp = __shfl_sync(0xffffffffu, (int)threadIdx.x / 32, 0), lane = threadIdx.x % 32, row = lane / 4, pair = lane % 4 * 2;
    for (int token = warp * 8; token < BLOCK; token += WARPS * 8) {
        float d[4] = { 0.f, 0.f, 0.f, 0.f };
        const bf16* keys = (const bf16*)s.tile + (token + row) * LDT + pair;
        for (int c = 0; c < DIM; c += 16) {
            unsigned b[2] = { *(const unsigned*)(keys + c), *(const unsigned*)(keys + c + 8) };
            for (int term = 0; term < 3; term++) {
                unsigned a[4];
                lz_load_a(a, (const bf16*)s.queries + term * TILE * LDT + c, LDT);
                lz_mma(d, a, b);
            }
        }
        for (int i = 0; i < 4; i++) {
            s.scores[(row + i / 2 * 8) * LDS + token + pair + i % 2] = d[i] * scale;
        }
    }
#endif
}

// Weights of the visible tokens of each query, zero for the others; a warp has a query at a time. The sum of weights is a tree over the
// places of the block: its shape does not depend on how many are visible.
__device__ void lz_weigh(const Tile& tile, int blockStart, Shared s) {
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    for (int query = warp; query < TILE; query += WARPS) {
        int seen = query < tile.count ? lz_position(tile, query) - blockStart + 1 : 0;
        float* scores = s.scores + query * LDS;
        float top = -LZ_INFINITY;
        for (int t = lane; t < BLOCK && t < seen; t += 32) top = scores[t] > top || scores[t] != scores[t] ? scores[t] : top;
        for (int m = 16; m; m >>= 1) {
            float other = lz_shfl_xor(top, m);
            top = other > top || other != other ? other : top;
        }
        float sum = 0.f;
        for (int t = lane; t < (BLOCK < 32 ? 32 : BLOCK); t += 32) {
            float w = t < seen && t < BLOCK ? expf(scores[t] - top) : 0.f;
            if (t < BLOCK) {
                s.weights[query * LDS + t] = w;
                if (!VALUE_F32) lz_terms(w, s.weightTerms + query * LDW + t, TILE * LDW);
            }
            sum += w;
        }
        sum = lz_warp_sum(sum);
        if (lane == 0) {
            double exponent = floor((double)top * LOG2E);
            s.largest[query] = top;
            s.weightSum[query] = sum;
            bool usable = fabsf(top) <= LARGEST_SCORE;
            s.scoreExponent[query] = usable ? (int)exponent : 0;
            s.scoreFraction[query] = usable ? (float)exp((double)top - exponent * LN2) : LZ_NAN;
        }
    }
}

// parts = weights * values, of all queries or of one.
__device__ void lz_sum(Shared s, int only) {
#if VALUE_F32
    const float* values = (const float*)s.tile;
    for (int channel = threadIdx.x; channel < DIM; channel += THREADS) {
        for (int query = 0; query < TILE; query++) {
            if (only >= 0 && query != only) continue;
            float sum = 0.f;
            for (int t = 0; t < BLOCK; t++) sum = fmaf(s.weights[query * LDS + t], values[t * LDF + channel], sum);
            s.parts[query * LDP + channel] = sum;
        }
    }
#else
    int warp = __shfl_sync(0xffffffffu, (int)threadIdx.x / 32, 0), lane = threadIdx.x % 32, row = lane / 4, pair = lane % 4 * 2;
    for (int channel = warp * 16; channel < DIM; channel += WARPS * 16) {
        float d[2][4] = { { 0.f, 0.f, 0.f, 0.f }, { 0.f, 0.f, 0.f, 0.f } };
        for (int t = 0; t < BLOCK; t += 16) {
            unsigned b[4];
            lz_ldsm4t(b, (const bf16*)s.tile + (t + lane % 16) * LDT + channel + lane / 16 * 8);
            for (int term = 0; term < 3; term++) {
                unsigned a[4];
                lz_load_a(a, s.weightTerms + term * TILE * LDW + t, LDW);
                lz_mma(d[0], a, b);
                lz_mma(d[1], a, b + 2);
            }
        }
        for (int i = 0; i < 8; i++) {
            int query = row + i % 4 / 2 * 8;
            if (only < 0 || query == only) s.parts[query * LDP + channel + i / 4 * 8 + pair + i % 2] = d[i / 4][i % 4];
        }
    }
#endif
}
