#include "warp.h"

#include <utility>

#include "warp_combine.h"

namespace emu
{
// With sizes known to the compiler there is no call of memcpy, which sanitizers would take for an access of a kernel.
static void copyValue(unsigned char* slot, const void* value, size_t bytes)
{
    switch (bytes)
    {
        case 4:
            __builtin_memcpy(slot, value, 4);
            break;
        case 8:
            __builtin_memcpy(slot, value, 8);
            break;
        case 16:
            __builtin_memcpy(slot, value, 16);
            break;
        case 24:
            __builtin_memcpy(slot, value, 24);
            break;
    }
}

void Warp::begin(Fiber* lanes, int laneCount, BlockTags& tags)
{
    _lanes = lanes;
    _tags = &tags;
    _live = laneCount < 32 ? (1u << laneCount) - 1 : ~0u;
    _arrived = 0;
    _staged = _slots[0];
    _results = _slots[1];
    ready = _live;
    for (int i = 0; i < laneCount; i++)
    {
        lanes[i].liveLanes = _live;
    }
}

char* Warp::tagOfAll(const Fiber& lane)
{
    return &_tags->warps[lane.warp][lane.fullOperations & 1];
}

char* Warp::tagOf(const Fiber& lane)
{
    return &_tags->threads[lane.number][lane.partialOperations & 1];
}

void Warp::arrive(Fiber& lane, const void* value, size_t bytes)
{
    copyValue(_staged[lane.lane].bytes, value, bytes);
    sanitizer::release(lane.mask == _live ? tagOfAll(lane) : tagOf(lane));
    lane.state = State::AtWarpOperation;
    _arrived |= 1u << lane.lane;
}

const Slot* Warp::collect(Fiber& lane)
{
    if (lane.mask == _live)
    {
        sanitizer::acquire(tagOfAll(lane));
        lane.fullOperations++;
        return _results;
    }

    for (unsigned rest = lane.mask; rest != 0; rest &= rest - 1)
    {
        sanitizer::acquire(_lanes[__builtin_ctz(rest)].completedTag);
    }

    lane.partialOperations++;
    return _results;
}

void Warp::complete()
{
    unsigned rest = _arrived;
    while (rest != 0)
    {
        int leader = __builtin_ctz(rest);
        unsigned mask = _lanes[leader].mask;
        rest &= ~(1u << leader);
        if ((_arrived & mask) == mask && meets(mask, leader))
        {
            release(mask);
            publish(mask, _lanes[leader].operation);
            rest &= ~mask;
        }
    }
}

bool Warp::meets(unsigned mask, int leader) const
{
    for (unsigned rest = mask; rest != 0; rest &= rest - 1)
    {
        const Fiber& lane = _lanes[__builtin_ctz(rest)];
        if (lane.operation != _lanes[leader].operation || lane.mask != mask)
        {
            return false;
        }
    }

    return true;
}

bool Warp::isMixedUp() const
{
    for (unsigned rest = _arrived; rest != 0; rest &= rest - 1)
    {
        int leader = __builtin_ctz(rest);
        unsigned mask = _lanes[leader].mask;
        if ((_arrived & mask) == mask && !meets(mask, leader))
        {
            return true;
        }
    }

    return false;
}

void Warp::release(unsigned mask)
{
    _arrived &= ~mask;
    ready |= mask;
    for (unsigned rest = mask; rest != 0; rest &= rest - 1)
    {
        Fiber& lane = _lanes[__builtin_ctz(rest)];
        lane.state = State::Ready;
        lane.completedTag = tagOf(lane);
    }
}

// Lanes read their results before anything else is completed: results are complete only when no lane of the warp can run.
void Warp::publish(unsigned mask, int operation)
{
    combine(operation, mask, _staged);
    if (mask == _live)
    {
        std::swap(_staged, _results);
        return;
    }

    for (unsigned rest = mask; rest != 0; rest &= rest - 1)
    {
        int lane = __builtin_ctz(rest);
        _results[lane] = _staged[lane];
    }
}

void Warp::releaseBarrier()
{
    ready = _live;
    for (unsigned rest = _live; rest != 0; rest &= rest - 1)
    {
        _lanes[__builtin_ctz(rest)].state = State::Ready;
    }
}
}
