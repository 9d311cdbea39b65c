// The vector types of CUDA: its names, sizes and alignments. No macros: the engine includes this, too.
#pragma once

#include <cstddef>
#include <cstdint>

struct uint3
{
    unsigned x, y, z;
};

struct dim3
{
    unsigned x, y, z;

    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z)
    {
    }
};

#define EMU_VECTOR_2(name, element, alignment) \
    struct alignas(alignment) name \
    { \
        element x, y; \
    }; \
    inline name make_##name(element x, element y) \
    { \
        return name{ x, y }; \
    }

#define EMU_VECTOR_4(name, element, alignment) \
    struct alignas(alignment) name \
    { \
        element x, y, z, w; \
    }; \
    inline name make_##name(element x, element y, element z, element w) \
    { \
        return name{ x, y, z, w }; \
    }

EMU_VECTOR_2(char2, signed char, 2)
EMU_VECTOR_4(char4, signed char, 4)
EMU_VECTOR_2(uchar2, unsigned char, 2)
EMU_VECTOR_4(uchar4, unsigned char, 4)
EMU_VECTOR_2(short2, short, 4)
EMU_VECTOR_4(short4, short, 8)
EMU_VECTOR_2(ushort2, unsigned short, 4)
EMU_VECTOR_4(ushort4, unsigned short, 8)
EMU_VECTOR_2(int2, int, 8)
EMU_VECTOR_4(int4, int, 16)
EMU_VECTOR_2(uint2, unsigned, 8)
EMU_VECTOR_4(uint4, unsigned, 16)
EMU_VECTOR_2(float2, float, 8)
EMU_VECTOR_4(float4, float, 16)
EMU_VECTOR_2(longlong2, long long, 16)
EMU_VECTOR_2(ulonglong2, unsigned long long, 16)
EMU_VECTOR_2(double2, double, 16)

#undef EMU_VECTOR_2
#undef EMU_VECTOR_4
