#pragma once

#include <cstdint>

namespace emu
{
/// In which order blocks, warps and lanes run. Results must not depend on it.
class Schedule
{
public:
    explicit Schedule(int number) : _number(number)
    {
    }

    bool lanesDescend() const
    {
        return _number & 1;
    }

    bool copiesLandAtOnce() const
    {
        return _number & 1;
    }

    /// The block that runs as number `i` of `count`.
    uint64_t block(uint64_t i, uint64_t count) const;

    /// Fills `order` with the warps of a block.
    void warps(int* order, int count, uint64_t block) const;

private:
    int _number;
};
}
