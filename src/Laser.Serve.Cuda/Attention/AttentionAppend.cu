// Appends the step's keys and values to the cache. Three kernels, in this order:
//
//   attention_check    one block per token: faults sequences whose values are not finite or too large
//   attention_append   one block per (append tile, kv head): the rows of one sequence that go to one cache block
//   attention_commit   one block: what the open slots hold now; raw pages for blocks that became full and are raw
//
// A value becomes u = r * 2^(n - k + H) with v = n ln 2 + ln r; k is the block's shift of the channel, the smallest that keeps every u
// at most 2^H. When k grows, what is there is scaled by a power of two, which is exact. So the bytes do not depend on how rows came.
// Threads own channels; nothing is shared between blocks of a launch.
#include "attention.cuh"

extern "C" __global__ void __launch_bounds__(128) attention_check(
    const float* qkv, const int* rowSequences, int* faults)
{
    const float* values = qkv + (long long)blockIdx.x * QKV_COLUMNS + (HEADS + KV_HEADS) * HEAD_DIM;
    bool wrong = false;
    for (int i = threadIdx.x; i < KV_HEADS * HEAD_DIM; i += 128) {
        wrong |= !(fabsf(values[i]) <= LARGEST_VALUE);   // true for NaN too
    }
    if (wrong) {
        atomicCAS(&faults[rowSequences[blockIdx.x]], 0, FAULT_VALUE_OUT_OF_RANGE);
    }
}

// tiles: (sequence, first row of it, index of the block in its table, rows). One thread per channel.
extern "C" __global__ void __launch_bounds__(CHANNEL_THREADS) attention_append(
    const float* qkv, const int4* tiles, const int* queryStarts, const int* contextLengths, const int* openSlots,
    const int* blockStarts, const int* blocks, const int* faults, float softclamp, unsigned char* pages, PageState* states,
    const OpenState* open, float* openRows, int* openRange, unsigned long long* counters, int* rawSealed)
{
    LZ_DYN_SMEM(memory);
    int* scratch = (int*)memory;                         // 8 words
    int4 tile = tiles[blockIdx.x];
    int sequence = tile.x, count = tile.w, head = blockIdx.y, channel = threadIdx.x;
    if (faults[sequence] != 0) {
        return;
    }

    Step step = { qkv, queryStarts, contextLengths, openSlots, blockStarts, blocks };
    int row = queryStarts[sequence] + tile.y;
    int newRows = queryStarts[sequence + 1] - queryStarts[sequence];
    int first = (contextLengths[sequence] - newRows + tile.y) % BLOCK;
    int block = blocks[blockStarts[sequence] + tile.z], slot = openSlots[sequence];
    unsigned char* page = lz_page(pages, block, head);
    PageState* state = &states[(long long)block * KV_HEADS + head];
    bool hasChannel = channel < DIM;
    for (int i = 0; hasChannel && i < count; i++) {
        float k = channel < HEAD_DIM ? lz_key(step, row + i, head)[channel] : 0.f;
        int at = (first + i) * DIM + channel;
        if (KEY_F32) ((float*)page)[at] = k;
        else ((bf16*)page)[at] = lz_f2bf(k);
    }

    // A block that begins takes the other buffer, however many began in this step: what belongs to the one that was open stays readable.
    bool full = first + count == BLOCK;
    int buffer = first > 0 ? open[slot].buffer : open[slot].buffer ^ 1;
    int raw = first > 0 ? state->raw : 0;                // read by all before anybody writes it: the barriers are in lz_block_max
    int spread = 0;
    if (LASER) {
        int* range = lz_open_range(openRange, slot, head, buffer);
        int oldShift = NO_SHIFT, lowest = NO_LOWEST, largest = 0;
        if (hasChannel && first > 0) {
            oldShift = range[channel];
            lowest = range[DIM + channel];
        }
        int shift = oldShift;
        for (int i = 0; hasChannel && i < count; i++) {
            lz_widen(lz_new_value(lz_value(step, row + i, head), channel, softclamp), shift, lowest, largest);
        }
        spread = lz_block_max(hasChannel ? shift - lowest : 0, scratch);
        raw |= spread > LIMIT || lz_block_max(largest, scratch) > LARGEST_SHIFT;
        if (hasChannel) {
            ((short*)(page + SHIFT_OFFSET))[channel] = (short)shift;
            if (!full) {                                     // full blocks of a step share a buffer with the one that stays open
                range[channel] = shift;
                range[DIM + channel] = lowest;
            }
        }
        if (hasChannel && !raw) {
            for (int i = 0; shift > oldShift && i < first; i++) {
                lz_scale_down(page, i, channel, shift - oldShift);
            }
            for (int i = 0; i < count; i++) {
                float v = lz_new_value(lz_value(step, row + i, head), channel, softclamp);
                lz_store_value(page, first + i, channel, lz_shifted(v, shift));
            }
        }
    } else {
        __syncthreads();
        if (hasChannel) {
            ((short*)(page + SHIFT_OFFSET))[channel] = 0;
            for (int i = 0; i < count; i++) {
                lz_store_value(page, first + i, channel, lz_new_value(lz_value(step, row + i, head), channel, 0.f));
            }
        }
    }

    if (hasChannel && !full) {
        float* rows = lz_open_rows(openRows, slot, head, buffer) + first * DIM + channel;
        for (int i = 0; i < count; i++) {
            rows[i * DIM] = lz_new_value(lz_value(step, row + i, head), channel, softclamp);
        }
    }
    if (channel == 0) {
        int bits = spread < 255 ? spread : 255;
        state->raw = raw;
        state->spread = bits;
        if (full) {
            // counters: sealed, wide, raw, largest spread, then sealed by spread
            atomicAdd(&counters[0], 1ull);
            atomicAdd(&counters[4 + bits], 1ull);
            if (raw) {
                atomicAdd(&counters[2], 1ull);
                atomicExch(rawSealed, 1);                // several blocks write it at the same time
            } else {
                if (bits > WIDE) atomicAdd(&counters[1], 1ull);
                atomicMax(&counters[3], (unsigned long long)bits);
            }
        }
    }
}

// Copies the values of a block that this step wrote to from its first row on: rows older than the step from the open buffer, the
// others from the batch. All threads; threads own channels.
__device__ void lz_copy_block_values(
    const Step& step, int sequence, int blockIndex, int head, float softclamp, const OpenState* open, float* openRows, float* target)
{
    int newRows = step.queryStarts[sequence + 1] - step.queryStarts[sequence];
    int start = step.contextLengths[sequence] - newRows, slot = step.openSlots[sequence];
    int old = min(max(start - blockIndex * BLOCK, 0), BLOCK);
    const float* rows = lz_open_rows(openRows, slot, head, open[slot].bufferBefore);
    int firstNew = step.queryStarts[sequence] + blockIndex * BLOCK - start;
    for (int channel = threadIdx.x; channel < DIM; channel += blockDim.x) {
        for (int i = 0; i < BLOCK; i++) {
            target[i * DIM + channel] = i < old
                ? rows[i * DIM + channel]
                : lz_new_value(lz_value(step, firstNew + i, head), channel, softclamp);
        }
    }
}

// One block, in the order of sequences, blocks and heads, so that who gets the last raw page depends on nothing else.
extern "C" __global__ void __launch_bounds__(256) attention_commit(
    const float* qkv, const int4* tiles, int tileCount, int sequenceCount, const int* queryStarts, const int* contextLengths,
    const int* openSlots, const int* blockStarts, const int* blocks, int* faults, float softclamp, unsigned char* pages,
    PageState* states, OpenState* open, float* openRows, float* rawRows, int* rawFree, int* rawFreeCount, int* rawPagesOfBlock,
    int* rawSealed)
{
    LZ_DYN_SMEM(memory);
    int* taken = (int*)memory;                           // 1 word
    for (int sequence = threadIdx.x; sequence < sequenceCount; sequence += 256) {
        if (faults[sequence] == 0) {
            int length = contextLengths[sequence], newRows = queryStarts[sequence + 1] - queryStarts[sequence];
            int last = (length - 1) / BLOCK;
            OpenState* slot = &open[openSlots[sequence]];
            slot->bufferBefore = slot->buffer;
            slot->buffer ^= length - newRows <= last * BLOCK;
            slot->block = blocks[blockStarts[sequence] + last] + 1;
            slot->rows = length - last * BLOCK;
        }
    }
    if (!LASER || *rawSealed == 0) {
        return;
    }

    Step step = { qkv, queryStarts, contextLengths, openSlots, blockStarts, blocks };
    for (int i = 0; i < tileCount * KV_HEADS; i++) {
        __syncthreads();
        int4 tile = tiles[i / KV_HEADS];
        int sequence = tile.x, head = i % KV_HEADS;
        int newRows = queryStarts[sequence + 1] - queryStarts[sequence];
        bool full = (contextLengths[sequence] - newRows + tile.y) % BLOCK + tile.w == BLOCK;
        int block = blocks[blockStarts[sequence] + tile.z];
        PageState* state = &states[(long long)block * KV_HEADS + head];
        if (!full || state->raw == 0 || faults[sequence] != 0) {
            continue;
        }

        float* target = (float*)(lz_page(pages, block, head) + VALUE_OFFSET);
        if (!VALUE_F32) {
            if (threadIdx.x == 0) {
                int page = state->rawPage;
                if (page == 0 && *rawFreeCount > 0) {
                    page = rawFree[--*rawFreeCount];
                    state->rawPage = page;
                    rawPagesOfBlock[block]++;
                }
                *taken = page;
            }
            __syncthreads();
            if (*taken == 0) {
                if (threadIdx.x == 0) faults[sequence] = FAULT_RAW_POOL_EXHAUSTED;
                continue;
            }
            target = rawRows + (long long)(*taken - 1) * ROWS_LENGTH;
        }
        lz_copy_block_values(step, sequence, tile.z, head, softclamp, open, openRows, target);
    }
    __syncthreads();
    if (threadIdx.x == 0) *rawSealed = 0;
}
