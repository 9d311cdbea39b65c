#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace emu::driver
{
/// Memory that was asked for, by address, between stretches that nobody may touch. It lies right before the one behind it, as
/// far as its alignment allows.
class MemoryMap
{
public:
    /// 0 where the system has none. Filled with NaN (0xFF), but for what lies behind the first 256 MiB.
    uintptr_t allocate(size_t bytes);

    /// False where nothing begins at `address`.
    bool release(uintptr_t address);

    /// Whether all of it is in one piece of memory that was asked for.
    bool contains(uintptr_t address, size_t bytes) const;

    /// Whether it and any such piece overlap.
    bool touches(uintptr_t address, size_t bytes) const;

    /// Says where `address` is, as the end of a sentence; empty where it is near nothing.
    void describe(uintptr_t address, char* text, size_t size) const;

    size_t count() const
    {
        return _pieces.size();
    }

    size_t bytes() const
    {
        return _bytes;
    }

    /// What a piece takes of the device.
    static size_t charged(size_t bytes)
    {
        return (bytes + Granularity - 1) / Granularity * Granularity;
    }

private:
    static constexpr size_t Granularity = 512;

    struct Piece
    {
        size_t bytes;
        void* mapping;
        size_t mapped;
    };

    std::map<uintptr_t, Piece> _pieces;
    size_t _bytes = 0;
};
}
