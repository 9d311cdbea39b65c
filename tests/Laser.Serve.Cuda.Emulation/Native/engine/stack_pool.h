#pragma once

#include <cstddef>

namespace emu
{
/// The stacks of the threads of a block. Taken last in, first out: threads that never wait all run on one warm stack.
class StackPool
{
public:
    static constexpr int Count = 1024;
    static constexpr size_t Bytes = 256 * 1024;

    /// Takes all stacks back. `inUse` says how many of them the block may take.
    void reset(int inUse);

    /// The number of a stack that is free. With ThreadSanitizer, always the one of `thread`.
    int take(int thread);
    void giveBack(int stack);

    char* bottom(int stack) const
    {
        return _memory + stack * Bytes;
    }

    /// Where a stack begins: not at the same place of every page, which would be one set of the cache for all.
    char* top(int stack) const;

private:
    void map();
    void protect(int stack);

    char* _memory = nullptr;
    short _free[Count];
    int _freeCount = 0;
    bool _protected[Count] = {};
};
}
