// What the lanes of a warp do together. A mask must name the calling lane and only lanes that come here, too.
#pragma once

#include "emu_engine.h"

namespace emu
{
template <class T>
inline T read(const Slot& slot)
{
    static_assert(sizeof(T) <= sizeof(Slot));
    T value;
    __builtin_memcpy(&value, slot.bytes, sizeof value);
    return value;
}

inline unsigned ballot(unsigned mask, bool predicate)
{
    unsigned vote = predicate;
    const Slot* slots = emu_collect(WarpBallot, mask, &vote, sizeof vote);
    return read<unsigned>(slots[emu_thread->lane]);
}

template <class T>
inline auto shuffle(WarpOperation operation, unsigned mask, T value, int source)
{
    auto promoted = +value;
    static_assert(sizeof promoted == 4 || sizeof promoted == 8, "a shuffle moves 4 or 8 bytes");
    if (!((mask & emu_thread->liveLanes) >> source & 1))
    {
        emu_fail(FailureLaunch, "a shuffle reads a lane that is not in its mask or not in the block");
    }

    const Slot* slots = emu_collect(operation, mask, &promoted, sizeof promoted);
    return read<decltype(promoted)>(slots[source]);
}

// The first lane of the group of `width` that the calling lane is in.
inline int groupStart(int width)
{
    return emu_thread->lane & ~(width - 1);
}
}

inline void __syncwarp(unsigned mask = ~0u)
{
    emu::emu_collect(emu::WarpSync, mask, nullptr, 0);
}

inline unsigned __ballot_sync(unsigned mask, int predicate)
{
    return emu::ballot(mask, predicate != 0);
}

inline int __any_sync(unsigned mask, int predicate)
{
    return emu::ballot(mask, predicate != 0) != 0;
}

inline int __all_sync(unsigned mask, int predicate)
{
    return emu::ballot(mask, predicate == 0) == 0;
}

template <class T>
inline auto __shfl_sync(unsigned mask, T value, int lane, int width = 32)
{
    return emu::shuffle(emu::WarpShuffle, mask, value, emu::groupStart(width) | (lane & (width - 1)));
}

template <class T>
inline auto __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32)
{
    int lane = emu::emu_thread->lane;
    int source = lane - (int)delta;
    return emu::shuffle(emu::WarpShuffleUp, mask, value, source < emu::groupStart(width) ? lane : source);
}

template <class T>
inline auto __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32)
{
    int lane = emu::emu_thread->lane;
    int source = lane + (int)delta;
    return emu::shuffle(emu::WarpShuffleDown, mask, value, source >= emu::groupStart(width) + width ? lane : source);
}

template <class T>
inline auto __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32)
{
    int lane = emu::emu_thread->lane;
    int source = lane ^ bits;
    return emu::shuffle(emu::WarpShuffleXor, mask, value, source >= emu::groupStart(width) + width ? lane : source);
}
