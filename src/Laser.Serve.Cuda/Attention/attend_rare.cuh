// Blocks that are wide or raw, one query at a time, in fp64. Rare, so written plainly.
#pragma once
#include "attend_tile.cuh"

// What a rare block is made of, for one query.
struct RareBlock {
    const float* oldRows;    // fp32 rows [.][DIM] from the block's first on
    int oldCount;
    int firstNew;            // batch row of the block's row oldCount
    int tokens;              // visible rows
};

__device__ __forceinline__ float lz_rare_value(const RareBlock& rare, const Step& step, int head, int row, int channel, float softclamp) {
    return row < rare.oldCount
        ? rare.oldRows[row * DIM + channel]
        : lz_new_value(lz_value(step, rare.firstNew + row - rare.oldCount, head), channel, softclamp);
}

// A block that keeps v: z_t = s_t - S + v_t, M its largest, e = floor(M log2 e); part = (sum_t exp(z_t - M)) 2^(M log2 e - e), in fp64.
__device__ void lz_raw_part(const RareBlock& rare, const Step& step, int head, int query, int channel, float softclamp, Shared s) {
    double top = -LZ_INFINITY;
    for (int t = 0; t < rare.tokens; t++) {
        double z = s.scores[query * LDS + t] - s.largest[query] + lz_rare_value(rare, step, head, t, channel, softclamp);
        top = z > top || z != z ? z : top;
    }
    double sum = 0;
    for (int t = 0; t < rare.tokens; t++) {
        sum += exp(s.scores[query * LDS + t] - s.largest[query] + lz_rare_value(rare, step, head, t, channel, softclamp) - top);
    }
    double exponent = floor(top * LOG2E);
    s.exponents[channel] = (int)exponent;
    s.parts[query * LDP + channel] = (float)(sum * exp2(top * LOG2E - exponent));
}

// One query's view of a block that is raw or wide after the step, and its sums. Where the query is not the last one that was appended, it
// sees the block in the state right after its own row, made again from the fp32 values.
__device__ void lz_rare_query(
    const Tile& tile, const Step& step, int query, int blockIndex, const unsigned char* page, PageState state, RareBlock rare,
    float softclamp, Shared s)
{
    int last = min((blockIndex + 1) * BLOCK, tile.length) - 1;
    bool final = lz_position(tile, query) >= last;
    int raw = state.raw, spread = state.spread, largest = 0;
    int shifts[OWNED];
#pragma unroll
    for (int owned = 0; owned < OWNED; owned++) {
        int channel = threadIdx.x + owned * THREADS;
        if (channel >= DIM) continue;
        if (final) {
            shifts[owned] = ((const short*)(page + SHIFT_OFFSET))[channel];
            continue;
        }
        int lowest = NO_LOWEST;
        shifts[owned] = NO_SHIFT;
        for (int t = 0; t < rare.tokens; t++) {
            lz_widen(lz_rare_value(rare, step, tile.head, t, channel, softclamp), shifts[owned], lowest, largest);
        }
        spread = owned == 0 || shifts[owned] - lowest > spread ? shifts[owned] - lowest : spread;
    }
    if (!final) {
        spread = lz_block_max(threadIdx.x < DIM ? spread : 0, s.scratch);
        raw = spread > LIMIT || lz_block_max(largest, s.scratch) > LARGEST_SHIFT;
    }

    bool ordinary = !raw && spread <= WIDE;
#pragma unroll
    for (int owned = 0; owned < OWNED; owned++) {
        int channel = threadIdx.x + owned * THREADS;
        if (channel >= DIM) continue;
        if (raw) {
            lz_raw_part(rare, step, tile.head, query, channel, softclamp, s);
            continue;
        }
        double sum = 0;
        for (int t = 0; t < BLOCK; t++) {
            float u = t >= rare.tokens ? 0.f : final ? lz_load_value(page, t, channel)
                : lz_shifted(lz_rare_value(rare, step, tile.head, t, channel, softclamp), shifts[owned]);
            if (!ordinary && t < rare.tokens) sum = fma(exp(s.scores[query * LDS + t] - s.largest[query]), (double)u, sum);
            if (VALUE_F32) ((float*)s.tile)[t * LDF + channel] = u;
            else ((bf16*)s.tile)[t * LDT + channel] = lz_f2bf(u);
        }
        s.exponents[channel] = shifts[owned] - HEADROOM;
        if (!ordinary) s.parts[query * LDP + channel] = (float)sum;
    }
    __syncthreads();
    if (ordinary) {
        lz_sum(s, query);
        __syncthreads();
    }
}

// Where the fp32 rows of a rare block are: a full block that is raw has them in its page or raw page, one that this step wrote to in the
// open buffer and in the batch.
__device__ __forceinline__ RareBlock lz_rare_block(
    const Tile& tile, const Step& step, int blockIndex, const unsigned char* page, PageState state, const OpenState* open,
    float* openRows, const float* rawRows)
{
    RareBlock rare = { 0, 0, 0, 0 };
    int blockStart = blockIndex * BLOCK, slot = step.openSlots[tile.sequence];
    if (blockStart + BLOCK <= tile.start) {
        rare.oldRows = VALUE_F32 ? (const float*)(page + VALUE_OFFSET) : rawRows + (long long)(state.rawPage - 1) * ROWS_LENGTH;
        rare.oldCount = BLOCK;
        return rare;
    }
    rare.oldRows = lz_open_rows(openRows, slot, tile.head, open[slot].bufferBefore);
    rare.oldCount = max(tile.start - blockStart, 0);
    rare.firstNew = tile.firstRow + max(blockStart - tile.start, 0);
    return rare;
}
