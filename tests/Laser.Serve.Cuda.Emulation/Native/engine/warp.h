#pragma once

#include "fiber.h"
#include "tags.h"

namespace emu
{
/// 32 threads, fewer at the end of a block, that run in turns and meet at warp operations.
class Warp
{
public:
    void begin(Fiber* lanes, int laneCount, BlockTags& tags);

    /// Called by a lane: what it brings to the operation it waits at.
    void arrive(Fiber& lane, const void* value, size_t bytes);

    /// Called by a lane that goes on after an operation: what came of it, by lane.
    const Slot* collect(Fiber& lane);

    /// Completes the operations that all their lanes have arrived at.
    void complete();

    /// Whether all lanes of some mask have arrived, but not at the same operation: they wait for nobody else, and for ever.
    bool isMixedUp() const;

    void releaseBarrier();

    Fiber& lane(int i)
    {
        return _lanes[i];
    }

    unsigned liveLanes() const
    {
        return _live;
    }

    unsigned ready = 0; // lanes that can run

private:
    bool meets(unsigned mask, int leader) const;
    void release(unsigned mask);
    void publish(unsigned mask, int operation);
    char* tagOfAll(const Fiber& lane);
    char* tagOf(const Fiber& lane);

    Fiber* _lanes = nullptr;
    unsigned _live = 0;
    unsigned _arrived = 0;
    Slot* _staged = nullptr;
    Slot* _results = nullptr;
    Slot _slots[2][32];
    BlockTags* _tags = nullptr;
};
}
