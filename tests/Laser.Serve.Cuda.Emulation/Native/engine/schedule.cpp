#include "schedule.h"

#include <numeric>
#include <utility>

namespace emu
{
static uint64_t scramble(uint64_t x)
{
    x *= 0x9E3779B97F4A7C15u;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9u;
    return x ^ x >> 32;
}

uint64_t Schedule::block(uint64_t i, uint64_t count) const
{
    switch (_number)
    {
        case 0:
            return i;
        case 1:
            return count - 1 - i;
    }

    // A step without a common divisor visits every block once.
    uint64_t step = scramble(_number) % count;
    while (std::gcd(step, count) != 1)
    {
        step++;
    }

    return (scramble(_number + 1) % count + i * (step % count)) % count;
}

void Schedule::warps(int* order, int count, uint64_t block) const
{
    for (int i = 0; i < count; i++)
    {
        order[i] = _number == 1 ? count - 1 - i : i;
    }

    if (_number > 1)
    {
        uint64_t random = scramble(block * 31 + _number);
        for (int i = count - 1; i > 0; i--)
        {
            random = scramble(random + i);
            std::swap(order[i], order[random % (i + 1)]);
        }
    }
}
}
