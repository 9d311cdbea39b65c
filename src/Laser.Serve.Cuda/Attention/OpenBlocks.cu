// What happens to open blocks between steps, one block per (layer, kv head). Pointers are those of the whole cache.
#include "attention.cuh"

// Strides of a layer, in units of each array.
struct Layers {
    int blocks;     // blocks of a layer
    int slots;      // open slots of a layer
};

__device__ __forceinline__ PageState* lz_state(PageState* states, Layers layers, int layer, int block, int head) {
    return states + ((long long)layer * layers.blocks + block) * KV_HEADS + head;
}

__device__ __forceinline__ unsigned char* lz_layer_pages(unsigned char* pages, Layers layers, int layer) {
    return pages + (long long)layer * layers.blocks * KV_HEADS * PAGE_BYTES;
}

// Takes rows back: what depends on which rows there are (u, k, lowest n, raw, spread) is made again from the fp32 rows that remain.
extern "C" __global__ void __launch_bounds__(CHANNEL_THREADS) open_truncate(
    int blocks, int slots, int block, int slot, int rowCount, unsigned char* pages, PageState* states, OpenState* open, float* openRows,
    int* openRange)
{
    LZ_DYN_SMEM(memory);
    Layers layers = { blocks, slots };
    int layer = blockIdx.x, head = blockIdx.y, channel = threadIdx.x;
    OpenState* state = &open[(long long)layer * slots + slot];
    if (LASER) {
        unsigned char* page = lz_page(lz_layer_pages(pages, layers, layer), block, head);
        const float* rows = lz_open_rows(openRows, layer * slots + slot, head, state->buffer);
        int* range = lz_open_range(openRange, layer * slots + slot, head, state->buffer);
        int shift = NO_SHIFT, lowest = NO_LOWEST, largest = 0;
        for (int i = 0; channel < DIM && i < rowCount; i++) {
            lz_widen(rows[i * DIM + channel], shift, lowest, largest);
        }
        int spread = lz_block_max(channel < DIM ? shift - lowest : 0, (int*)memory);
        int raw = spread > LIMIT || lz_block_max(largest, (int*)memory) > LARGEST_SHIFT;
        if (channel < DIM) {
            range[channel] = shift;
            range[DIM + channel] = lowest;
            ((short*)(page + SHIFT_OFFSET))[channel] = (short)shift;
            for (int i = 0; !raw && i < rowCount; i++) {
                lz_store_value(page, i, channel, lz_shifted(rows[i * DIM + channel], shift));
            }
        }
        if (channel == 0) {
            PageState* pageState = lz_state(states, layers, layer, block, head);
            pageState->raw = raw;
            pageState->spread = spread < 255 ? spread : 255;
        }
    }
    if (head == 0 && channel == 0) {
        state->rows = rowCount;
    }
}

// Copies an open block with everything that goes with it. Nothing is sealed, so there is no raw page to copy.
extern "C" __global__ void __launch_bounds__(128) open_copy(
    int blocks, int slots, int fromBlock, int fromSlot, int toBlock, int toSlot, unsigned char* pages, PageState* states, OpenState* open,
    float* openRows, int* openRange)
{
    Layers layers = { blocks, slots };
    int layer = blockIdx.x, head = blockIdx.y;
    OpenState from = open[(long long)layer * slots + fromSlot];
    unsigned char* layerPages = lz_layer_pages(pages, layers, layer);
    const uint4* page = (const uint4*)lz_page(layerPages, fromBlock, head);
    uint4* pageCopy = (uint4*)lz_page(layerPages, toBlock, head);
    for (int i = threadIdx.x; i < PAGE_BYTES / 16; i += 128) {
        pageCopy[i] = page[i];
    }
    const float* rows = lz_open_rows(openRows, layer * slots + fromSlot, head, from.buffer);
    float* rowsCopy = lz_open_rows(openRows, layer * slots + toSlot, head, from.buffer);
    for (int i = threadIdx.x; i < from.rows * DIM; i += 128) {
        rowsCopy[i] = rows[i];
    }
    const int* range = lz_open_range(openRange, layer * slots + fromSlot, head, from.buffer);
    int* rangeCopy = lz_open_range(openRange, layer * slots + toSlot, head, from.buffer);
    for (int i = threadIdx.x; i < 2 * DIM; i += 128) {
        rangeCopy[i] = range[i];
    }
    if (threadIdx.x == 0) {
        *lz_state(states, layers, layer, toBlock, head) = *lz_state(states, layers, layer, fromBlock, head);
        if (head == 0) {
            open[(long long)layer * slots + toSlot] = { toBlock + 1, from.rows, from.buffer, from.buffer };
        }
    }
}

// Gives a block's raw pages back. One thread: the order of the free pages is part of what is reproducible.
extern "C" __global__ void __launch_bounds__(32) block_release(
    int blocks, int layerCount, int block, PageState* states, int* rawFree, int* rawFreeCount, int* rawPagesOfBlock)
{
    if (threadIdx.x != 0) {
        return;
    }
    Layers layers = { blocks, 0 };
    for (int layer = 0; layer < layerCount; layer++) {
        for (int head = 0; head < KV_HEADS; head++) {
            PageState* state = lz_state(states, layers, layer, block, head);
            if (state->rawPage > 0) {
                rawFree[(*rawFreeCount)++] = state->rawPage;
                state->rawPage = 0;
            }
        }
    }
    rawPagesOfBlock[block] = 0;
}
