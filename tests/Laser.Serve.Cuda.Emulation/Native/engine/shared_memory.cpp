#include "shared_memory.h"

#include <cstdlib>
#include <sys/mman.h>

#include "sanitizers.h"

namespace emu
{
static constexpr size_t Alignment = 128;
static constexpr unsigned Poison = 0x7fc0dead; // a NaN, and a large integer

static void fill(unsigned char* memory, size_t bytes)
{
    // Not memset or a loop that becomes one: sanitizers would take it for an access of a kernel.
    size_t words = bytes / sizeof(Poison);
    asm volatile("rep stosl" : "+D"(memory), "+c"(words) : "a"(Poison) : "memory");
}

void SharedMemory::map()
{
    constexpr size_t Page = 4096;
    constexpr size_t Mapped = (Limit + Page - 1) / Page * Page;
    void* memory = mmap(nullptr, Mapped + Page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
    {
        abort();
    }

    _end = (unsigned char*)memory + Mapped;
    mprotect(_end, Page, PROT_NONE);
}

unsigned char* SharedMemory::fresh(size_t bytes)
{
    unsigned char* memory;
    if (sanitizer::BlocksNeedTheirOwnMemory)
    {
        void* own = nullptr;
        if (posix_memalign(&own, Alignment, bytes > 0 ? bytes : 1) != 0)
        {
            abort();
        }

        _kept.push_back(own);
        memory = (unsigned char*)own;
    }
    else
    {
        if (_end == nullptr)
        {
            map();
        }

        memory = _end - (bytes + Alignment - 1) / Alignment * Alignment;
    }

    fill(memory, bytes);
    return memory;
}

void SharedMemory::endLaunch()
{
    for (void* memory : _kept)
    {
        free(memory);
    }

    _kept.clear();
}
}
