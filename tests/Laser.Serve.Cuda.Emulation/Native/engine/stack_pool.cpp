#include "stack_pool.h"

#include <cstdlib>
#include <sys/mman.h>

#include "sanitizers.h"

namespace emu
{
static constexpr int Flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

void StackPool::map()
{
    void* memory = mmap(nullptr, Count * Bytes, PROT_READ | PROT_WRITE, Flags, -1, 0);
    if (memory == MAP_FAILED)
    {
        abort();
    }

    _memory = (char*)memory;
}

void StackPool::reset(int inUse)
{
    if (_memory == nullptr)
    {
        map();
    }
    else if (sanitizer::StacksNeedFreshShadow)
    {
        mmap(_memory, inUse * Bytes, PROT_READ | PROT_WRITE, Flags | MAP_FIXED, -1, 0);
    }

    _freeCount = inUse;
    for (int i = 0; i < inUse; i++)
    {
        _free[i] = inUse - 1 - i;
    }
}

int StackPool::take(int thread)
{
    int stack = sanitizer::StacksNeedFreshShadow ? thread : _free[--_freeCount];
    if (!_protected[stack] && !sanitizer::StacksNeedFreshShadow)
    {
        protect(stack);
    }

    return stack;
}

void StackPool::giveBack(int stack)
{
    if (!sanitizer::StacksNeedFreshShadow)
    {
        _free[_freeCount++] = stack;
    }
}

// A thread that needs more stack than there is runs into this page.
void StackPool::protect(int stack)
{
    constexpr size_t Page = 4096;
    mprotect(bottom(stack), Page, PROT_NONE);
    _protected[stack] = true;
}

char* StackPool::top(int stack) const
{
    constexpr int CacheLine = 64;
    return bottom(stack) + Bytes - CacheLine - stack % 32 * (5 * CacheLine);
}
}
