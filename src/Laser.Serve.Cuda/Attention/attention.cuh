// What the kernels of LASER attention share: the cache's layout, the split of a value, and how blocks change.
//
// Compiled for one cache: HEAD_DIM, HEADS, KV_HEADS, BLOCK (tokens of a cache block), KEY_F32 and VALUE_F32 (else bf16), LASER (else
// ordinary attention), HEADROOM, LIMIT, WIDE (the constants of the value format, in bits).
//
// A page belongs to one (layer, block, kv head); all pointers that kernels get are those of the layer:
//   keys [BLOCK][DIM], values [BLOCK][DIM] (u, or v where fp32 pages are raw), shifts int16 [DIM]
// DIM is HEAD_DIM padded with zeros to a multiple of 16.
#pragma once
#include "common.cuh"

#define DIM ((HEAD_DIM + 15) / 16 * 16)
#define CHANNEL_THREADS ((DIM + 31) / 32 * 32)
#define GROUP (HEADS / KV_HEADS)
#define QKV_COLUMNS ((HEADS + 2 * KV_HEADS) * HEAD_DIM)
#define KEY_BYTES (KEY_F32 ? 4 : 2)
#define VALUE_BYTES (VALUE_F32 ? 4 : 2)
#define VALUE_OFFSET (BLOCK * DIM * KEY_BYTES)
#define SHIFT_OFFSET (VALUE_OFFSET + BLOCK * DIM * VALUE_BYTES)
#define PAGE_BYTES ((SHIFT_OFFSET + DIM * 2 + 63) / 64 * 64)
#define ROWS_LENGTH (BLOCK * DIM)

#define LARGEST_VALUE 1048576.f
#define LARGEST_SHIFT 32767
#define NO_SHIFT (-(1 << 30))
#define NO_LOWEST (1 << 30)

#define LZ_INFINITY (lz_asf(0x7f800000u))
#define LZ_NAN (lz_asf(0x7fc00000u))

// Faults of a sequence, as SequenceFault counts them.
#define FAULT_VALUE_OUT_OF_RANGE 1
#define FAULT_NON_FINITE_OUTPUT 2
#define FAULT_RAW_POOL_EXHAUSTED 3

// State of a page.
struct PageState {
    int raw;          // 1: keeps fp32 v
    int spread;       // largest k - lowest n of a channel, in bits; at most 255
    int rawPage;      // number of its raw page, from 1; 0: none
    int unused;
};

// State of the open block of a slot, in one layer.
struct OpenState {
    int block;        // its number + 1; 0: none
    int rows;         // rows it has
    int buffer;       // which of the two buffers has its fp32 rows and its ranges
    int bufferBefore; // the same for the block that was open before the step
};

// The step, as arrays of all sequences.
struct Step {
    const float* qkv;            // [tokens][QKV_COLUMNS], rotated
    const int* queryStarts;      // first row of each sequence, [sequences + 1]
    const int* contextLengths;   // [sequences]
    const int* openSlots;        // [sequences]
    const int* blockStarts;      // first of each sequence's entries of blocks, [sequences + 1]
    const int* blocks;
};

__device__ __forceinline__ unsigned char* lz_page(unsigned char* pages, int block, int head) {
    return pages + ((long long)block * KV_HEADS + head) * PAGE_BYTES;
}

__device__ __forceinline__ const float* lz_value(const Step& step, int row, int head) {
    return step.qkv + (long long)row * QKV_COLUMNS + (HEADS + KV_HEADS + head) * HEAD_DIM;
}

__device__ __forceinline__ const float* lz_key(const Step& step, int row, int head) {
    return step.qkv + (long long)row * QKV_COLUMNS + (HEADS + head) * HEAD_DIM;
}

// fp32 rows of an open block: two buffers [BLOCK][DIM] per (slot, head).
__device__ __forceinline__ float* lz_open_rows(float* openRows, int slot, int head, int buffer) {
    return openRows + (((long long)slot * KV_HEADS + head) * 2 + buffer) * ROWS_LENGTH;
}

// Running k [DIM], then lowest n [DIM], of an open block: two buffers per (slot, head), as of its rows.
__device__ __forceinline__ int* lz_open_range(int* openRange, int slot, int head, int buffer) {
    return openRange + (((long long)slot * KV_HEADS + head) * 2 + buffer) * 2 * DIM;
}

// One channel of a new value: zero in the padding, softclamped to c where c > 0.
__device__ __forceinline__ float lz_new_value(const float* row, int channel, float softclamp) {
    float v = channel < HEAD_DIM ? row[channel] : 0.f;
    return LASER && softclamp > 0.f ? softclamp * tanhf(v / softclamp) : v;
}

// v = n ln 2 + ln p with p in [1, 2). Depends on v alone.
__device__ __forceinline__ float lz_split(float v, int& exponent) {
    float n = floorf(v * 1.44269504f);
    float f = fmaf(n, -0.693359375f, v);
    f = fmaf(n, 2.12194440e-4f, f);
    float p = expf(f);
    // Rounding of the argument can carry p over the edges.
    if (p < 1.f) { p += p; n -= 1.f; }
    if (p >= 2.f) { p *= 0.5f; n += 1.f; }
    exponent = (int)n;
    return p;
}

// 2^e for -126 <= e <= 127.
__device__ __forceinline__ float lz_power(int e) { return lz_asf((unsigned)(e + 127) << 23); }

// p rounded to the storage type: the only rounding of a value.
__device__ __forceinline__ float lz_round_value(float p) { return VALUE_F32 ? p : lz_bf2f(lz_f2bf(p)); }

// u of a value in a block with shift k: a normal number while the spread is within LIMIT, so exact.
__device__ __forceinline__ float lz_shifted(float v, int shift) {
    int n;
    float p = lz_split(v, n);
    return lz_round_value(p) * lz_power(n - shift + HEADROOM);
}

__device__ __forceinline__ void lz_store_value(unsigned char* page, int row, int channel, float u) {
    int at = row * DIM + channel;
    if (VALUE_F32) ((float*)(page + VALUE_OFFSET))[at] = u;
    else ((bf16*)(page + VALUE_OFFSET))[at] = lz_f2bf(u);
}

__device__ __forceinline__ float lz_load_value(const unsigned char* page, int row, int channel) {
    int at = row * DIM + channel;
    return VALUE_F32 ? ((const float*)(page + VALUE_OFFSET))[at] : lz_bf2f(((const bf16*)(page + VALUE_OFFSET))[at]);
}

// u * 2^-growth, u and result normal: on the exponent bits.
__device__ __forceinline__ void lz_scale_down(unsigned char* page, int row, int channel, int growth) {
    int at = row * DIM + channel;
    if (VALUE_F32) ((unsigned*)(page + VALUE_OFFSET))[at] -= (unsigned)growth << 23;
    else { bf16* u = (bf16*)(page + VALUE_OFFSET) + at; *u = (bf16)(*u - (growth << 7)); }
}

// Largest of all threads' values; every thread gets it. scratch: a word per warp.
__device__ __forceinline__ int lz_block_max(int value, int* scratch) {
    for (int m = 16; m; m >>= 1) {
        int other = __shfl_xor_sync(0xffffffffu, value, m);
        value = other > value ? other : value;
    }
    int warps = (blockDim.x + 31) / 32;
    if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = value;
    __syncthreads();
    for (int i = 0; i < warps; i++) value = scratch[i] > value ? scratch[i] : value;
    __syncthreads();
    return value;
}

// Takes a value into the running k and lowest n of its channel.
__device__ __forceinline__ void lz_widen(float v, int& shift, int& lowest, int& largestShift) {
    int n;
    lz_split(v, n);
    shift = n + 1 > shift ? n + 1 : shift;
    lowest = n < lowest ? n : lowest;
    int magnitude = shift < 0 ? -shift : shift;
    largestShift = magnitude > largestShift ? magnitude : largestShift;
}
