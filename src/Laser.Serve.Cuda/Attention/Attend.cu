// LASER attention over the paged cache: o = log(softmax(scale * q.k) exp(v)), causal; a segment of the context at a time.
//
//   attend                          grid (query tiles, kv heads, segments): the sums of one tile over one segment of SEGMENT tokens
//   attend_finish, AttendFinish.cu  grid (query tiles, kv heads): adds the segments up in ascending order and takes logarithms
//
// A tile is up to 16 queries of one sequence that share a kv head: query i is head i % GROUP of new token i / GROUP. Its rows are those
// of tensor-core products; they do not influence each other, so the bits of a query do not depend on how tiles are cut. Segments and
// blocks lie on absolute positions: prefill, any chunk of it and decode do the same additions in the same order.
//
// Per block and query, with s_t the scores of the visible tokens, S the largest and w_t = exp(s_t - S):
//   part_j = sum_t w_t u_tj at exponent k_j - H;  l = sum_t w_t
// and, with J = floor(S log2 e) and F = exp(S - J ln 2) in [1, 2), part_j * F is added to the query's sum at exponent k_j - H + J. Sums
// carry their exponent, so nothing overflows or is lost, whatever blocks and scores do.
//
// Products on tensor cores (bf16 keys, bf16 values): q and w are split into three bf16 numbers whose sum they are, so nothing is rounded
// but the additions. fp32 keys or values: FMA chains in ascending order.
//
// Threads: 4 warps. Scores and parts are dealt to warps by tokens and by channels; sums belong to the thread of their channel.
#include "attend_rare.cuh"

// The sums of a thread's channels, and (threads below TILE) of one query's weights.
struct Sums {
    float mantissa[TILE][OWNED];
    int exponent[TILE][OWNED];
    float weight;
    int weightExponent;
};

// Adds the parts in shared memory to the sums, of all queries that see the block or of one.
__device__ void lz_merge(const Tile& tile, int blockStart, int only, const Shared& s, Sums& sums) {
#pragma unroll
    for (int owned = 0; owned < OWNED; owned++) {
        int channel = threadIdx.x + owned * THREADS;
        if (channel >= DIM) continue;
#pragma unroll
        for (int query = 0; query < TILE; query++) {
            if (query >= tile.count || (only >= 0 && query != only) || lz_position(tile, query) < blockStart) continue;
            lz_add(sums.mantissa[query][owned], sums.exponent[query][owned],
                lz_mul(s.parts[query * LDP + channel], s.scoreFraction[query]), s.exponents[channel] + s.scoreExponent[query]);
        }
    }
    int query = threadIdx.x;
    if (query < tile.count && (only < 0 || query == only) && lz_position(tile, query) >= blockStart) {
        lz_add(sums.weight, sums.weightExponent, lz_mul(s.weightSum[query], s.scoreFraction[query]), s.scoreExponent[query]);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) attend(
    const float* qkv, const int4* tiles, const int* queryStarts, const int* contextLengths, const int* openSlots, const int* blockStarts,
    const int* blocks, const int* faults, float scale, float softclamp, unsigned char* pages, const PageState* states,
    const OpenState* open, float* openRows, const float* rawRows, int firstSegment, float* partials)
{
    LZ_DYN_SMEM(memory);
    Shared s = lz_shared(memory);
    Step step = { qkv, queryStarts, contextLengths, openSlots, blockStarts, blocks };
    Tile tile;
    int4 given = tiles[blockIdx.x];
    tile.sequence = given.x;
    tile.firstQuery = given.y;
    tile.count = given.z;
    tile.head = blockIdx.y;
    tile.firstRow = queryStarts[tile.sequence];
    tile.length = contextLengths[tile.sequence];
    tile.start = tile.length - (queryStarts[tile.sequence + 1] - tile.firstRow);
    int lastPosition = lz_position(tile, tile.count - 1), segmentStart = (firstSegment + blockIdx.z) * SEGMENT;
    if (faults[tile.sequence] != 0 || segmentStart > lastPosition) {
        return;
    }

    Sums sums;
    sums.weight = 0.f;
    sums.weightExponent = NOTHING;
#pragma unroll
    for (int query = 0; query < TILE; query++)
#pragma unroll
        for (int owned = 0; owned < OWNED; owned++) {
            sums.mantissa[query][owned] = 0.f;
            sums.exponent[query][owned] = NOTHING;
        }

    lz_load_queries(tile, step, s);
    int end = min(lastPosition + 1, segmentStart + SEGMENT);
    for (int blockStart = segmentStart; blockStart < end; blockStart += BLOCK) {
        int blockIndex = blockStart / BLOCK, block = blocks[blockStarts[tile.sequence] + blockIndex];
        int visible = min(BLOCK, lastPosition - blockStart + 1);
        const unsigned char* page = lz_page(pages, block, tile.head);
        PageState state = states[(long long)block * KV_HEADS + tile.head];
        __syncthreads();
        lz_load_tile(page, visible, KEY_BYTES, s.tile);
        lz_cp_wait<0>();
        __syncthreads();
        lz_score(s, scale);
        __syncthreads();
        bool rare = LASER && (state.raw != 0 || state.spread > WIDE);
        if (!rare) lz_load_tile(page + VALUE_OFFSET, visible, VALUE_BYTES, s.tile);
        lz_weigh(tile, blockStart, s);
        if (rare) {
            RareBlock values = lz_rare_block(tile, step, blockIndex, page, state, open, openRows, rawRows);
            for (int query = 0; query < tile.count; query++) {
                int position = lz_position(tile, query);
                if (position < blockStart) continue;
                values.tokens = min(BLOCK, position - blockStart + 1);
                __syncthreads();
                lz_rare_query(tile, step, query, blockIndex, page, state, values, softclamp, s);
                lz_merge(tile, blockStart, query, s, sums);
            }
            continue;
        }
        for (int channel = threadIdx.x; channel < DIM; channel += THREADS) {
            s.exponents[channel] = ((const short*)(page + SHIFT_OFFSET))[channel] - HEADROOM;
        }
        lz_cp_wait<0>();
        __syncthreads();
        lz_sum(s, -1);
        __syncthreads();
        lz_merge(tile, blockStart, -1, s, sums);
    }

    float* partial = partials + (((long long)blockIdx.x * KV_HEADS + tile.head) * gridDim.z + blockIdx.z) * PARTIAL_WORDS;
#pragma unroll
    for (int owned = 0; owned < OWNED; owned++) {
        int channel = threadIdx.x + owned * THREADS;
        if (channel >= DIM) continue;
#pragma unroll
        for (int query = 0; query < TILE; query++) {
            if (query >= tile.count) continue;
            partial[query * DIM + channel] = sums.mantissa[query][owned];
            ((int*)partial)[(TILE + query) * DIM + channel] = sums.exponent[query][owned];
        }
    }
    if (threadIdx.x < TILE) {
        partial[2 * TILE * DIM + threadIdx.x] = sums.weight;
        ((int*)partial)[2 * TILE * DIM + TILE + threadIdx.x] = sums.weightExponent;
    }
}
