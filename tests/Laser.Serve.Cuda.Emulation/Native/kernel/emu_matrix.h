// Tensor core instructions, in the fragment layouts of the PTX ISA.
#pragma once

#include "emu_warp.h"

namespace emu
{
/// d += a b: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32. The 16 products of an element are summed in the order of k.
inline void mma16816(float d[4], const unsigned a[4], const unsigned b[2])
{
    struct Product
    {
        float elements[4];
    };

    unsigned fragments[6] = { a[0], a[1], a[2], a[3], b[0], b[1] };
    const Slot* slots = emu_collect(WarpMma, ~0u, fragments, sizeof fragments);
    Product product = read<Product>(slots[emu_thread->lane]);
    for (int i = 0; i < 4; i++)
    {
        d[i] += product.elements[i];
    }
}

inline void requireShared(const void* address, size_t bytes, const char* why)
{
    uintptr_t offset = (uintptr_t)address - (uintptr_t)emu_block.shared;
    if (offset > emu_block.sharedBytes || emu_block.sharedBytes - offset < bytes)
    {
        emu_fail(FailureIllegalAddress, why);
    }
}

// The 16 bytes at `row`, read here, in the kernel, so that sanitizers see it.
inline uint4 matrixRow(const void* row)
{
    if ((uintptr_t)row % 16 != 0)
    {
        emu_fail(FailureMisalignedAddress, "ldmatrix: the address of a row is not a multiple of 16");
    }

    requireShared(row, 16, "ldmatrix: a row is not in shared memory");
    return *(const uint4*)row;
}

/// ldmatrix.sync.aligned.m8n8.x1, .x2 or .x4[.trans].shared.b16. Lane 8 m + i brings the address of row i of matrix m.
template <int Count>
inline void loadMatrices(unsigned r[Count], const void* row, bool transposed)
{
    int lane = emu_thread->lane;
    uint4 own = lane < 8 * Count ? matrixRow(row) : uint4{};
    const Slot* slots = emu_collect(transposed ? WarpLoadMatrixTransposed : WarpLoadMatrix, ~0u, &own, sizeof own);
    for (int m = 0; m < Count; m++)
    {
        unsigned elements[2];
        for (int j = 0; j < 2; j++)
        {
            int i = transposed ? lane % 4 * 2 + j : lane / 4;
            int k = transposed ? lane / 4 : lane % 4 * 2 + j;
            elements[j] = ((const unsigned short*)slots[m * 8 + i].bytes)[k];
        }

        r[m] = elements[0] | elements[1] << 16;
    }
}

inline void ldmatrix4(unsigned r[4], const void* row, bool transposed)
{
    loadMatrices<4>(r, row, transposed);
}

inline void ldmatrix2(unsigned r[2], const void* row, bool transposed)
{
    loadMatrices<2>(r, row, transposed);
}
}
