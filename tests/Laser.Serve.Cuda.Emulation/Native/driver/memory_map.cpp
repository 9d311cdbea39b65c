#include "memory_map.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>

namespace emu::driver
{
static constexpr size_t Page = 4096;
static constexpr size_t Guard = 1 << 20; // on both sides; costs addresses only
static constexpr size_t Alignment = 256; // what the real driver promises
static constexpr size_t PoisonLimit = 256u << 20;

static size_t roundUp(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

uintptr_t MemoryMap::allocate(size_t bytes)
{
    size_t readable = roundUp(bytes, Page);
    size_t mapped = readable + 2 * Guard;
    void* mapping = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
    {
        return 0;
    }

    char* first = (char*)mapping + Guard;
    if (mprotect(first, readable, PROT_READ | PROT_WRITE) != 0)
    {
        munmap(mapping, mapped);
        return 0;
    }

    uintptr_t address = (uintptr_t)first + readable - roundUp(bytes, Alignment);
    memset((void*)address, 0xff, std::min(bytes, PoisonLimit));
    _pieces[address] = { bytes, mapping, mapped };
    _bytes += charged(bytes);
    return address;
}

bool MemoryMap::release(uintptr_t address)
{
    auto piece = _pieces.find(address);
    if (piece == _pieces.end())
    {
        return false;
    }

    munmap(piece->second.mapping, piece->second.mapped);
    _bytes -= charged(piece->second.bytes);
    _pieces.erase(piece);
    return true;
}

bool MemoryMap::contains(uintptr_t address, size_t bytes) const
{
    auto piece = _pieces.upper_bound(address);
    if (piece == _pieces.begin())
    {
        return false;
    }

    --piece;
    size_t offset = address - piece->first;
    return offset <= piece->second.bytes && bytes <= piece->second.bytes - offset;
}

bool MemoryMap::touches(uintptr_t address, size_t bytes) const
{
    auto piece = _pieces.lower_bound(address + bytes);
    if (bytes == 0 || piece == _pieces.begin())
    {
        return false;
    }

    --piece;
    return address < piece->first + piece->second.bytes;
}

void MemoryMap::describe(uintptr_t address, char* text, size_t size) const
{
    auto next = _pieces.upper_bound(address);
    if (next != _pieces.begin())
    {
        auto before = std::prev(next);
        size_t end = before->first + before->second.bytes;
        if (address - end < Guard)
        {
            snprintf(text, size, ", %zu bytes behind an allocation of %zu", address - end, before->second.bytes);
            return;
        }
    }

    if (next != _pieces.end() && next->first - address <= Guard)
    {
        snprintf(text, size, ", %zu bytes before an allocation of %zu", next->first - address, next->second.bytes);
    }
}
}
