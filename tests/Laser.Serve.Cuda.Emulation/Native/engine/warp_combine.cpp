#include "warp_combine.h"

namespace emu
{
static void vote(unsigned mask, Slot* slots)
{
    unsigned votes = 0;
    for (unsigned rest = mask; rest != 0; rest &= rest - 1)
    {
        int lane = __builtin_ctz(rest);
        votes |= (unsigned)(*(unsigned*)slots[lane].bytes != 0) << lane;
    }

    for (unsigned rest = mask; rest != 0; rest &= rest - 1)
    {
        *(unsigned*)slots[__builtin_ctz(rest)].bytes = votes;
    }
}

static float low(unsigned pair)
{
    return __builtin_bit_cast(float, pair << 16);
}

static float high(unsigned pair)
{
    return __builtin_bit_cast(float, pair & 0xffff0000u);
}

static constexpr int Rows = 16;
static constexpr int Columns = 8;
static constexpr int Depth = 16;

typedef float Row __attribute__((vector_size(Columns * sizeof(float))));

// Registers of a lane: four pairs of a (row, row + 8, then both 8 columns on), two pairs of b (k, then k + 8).
static void unpack(const Slot* slots, float a[Rows][Depth], Row b[Depth])
{
    for (int lane = 0; lane < 32; lane++)
    {
        const unsigned* pairs = (const unsigned*)slots[lane].bytes;
        int group = lane / 4;
        int k = lane % 4 * 2;
        for (int half = 0; half < 2; half++)
        {
            for (int lower = 0; lower < 2; lower++)
            {
                a[group + lower * 8][k + half * 8] = low(pairs[half * 2 + lower]);
                a[group + lower * 8][k + half * 8 + 1] = high(pairs[half * 2 + lower]);
            }

            b[k + half * 8][group] = low(pairs[4 + half]);
            b[k + half * 8 + 1][group] = high(pairs[4 + half]);
        }
    }
}

static void multiply(Slot* slots)
{
    float a[Rows][Depth];
    Row b[Depth];
    Row product[Rows] = {};
    unpack(slots, a, b);
    for (int row = 0; row < Rows; row++)
    {
        for (int k = 0; k < Depth; k++)
        {
            product[row] += a[row][k] * b[k];
        }
    }

    for (int lane = 0; lane < 32; lane++)
    {
        float* elements = (float*)slots[lane].bytes;
        for (int i = 0; i < 4; i++)
        {
            elements[i] = product[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
        }
    }
}

void combine(int operation, unsigned mask, Slot* slots)
{
    switch (operation)
    {
        case WarpBallot:
            vote(mask, slots);
            break;
        case WarpMma:
            multiply(slots);
            break;
    }
}
}
