#include "driver.h"

namespace emu::driver
{
EMU_API Result cuMemGetInfo_v2(size_t* free, size_t* total)
{
    return inContext([&](Device& device)
    {
        size_t used = device.memory.bytes();
        *total = state().memoryBytes;
        *free = used < *total ? *total - used : 0;
        return Success;
    });
}

EMU_API Result cuMemAlloc_v2(uint64_t* address, size_t bytes)
{
    return outsideCapture([&](Device& device)
    {
        if (bytes == 0)
        {
            return InvalidValue;
        }

        size_t used = device.memory.bytes();
        size_t total = state().memoryBytes;
        if (bytes > total || used + MemoryMap::charged(bytes) > total)
        {
            return OutOfMemory;
        }

        *address = device.memory.allocate(bytes);
        return *address == 0 ? OutOfMemory : Success;
    });
}

/// Waits for the device, as the real one does.
EMU_API Result cuMemFree_v2(uint64_t address)
{
    return releasing([&](Device& device)
    {
        if (address == 0)
        {
            return Success;
        }

        if (isForbiddenByCapture(device))
        {
            return CaptureUnsupported;
        }

        drainAll(device);
        return device.memory.release(address) ? Success : InvalidValue;
    });
}

EMU_API Result cuMemHostAlloc(void** address, size_t bytes, unsigned)
{
    return outsideCapture([&](Device&)
    {
        if (bytes == 0)
        {
            return InvalidValue;
        }

        *address = (void*)state().pinned.allocate(bytes);
        return *address == nullptr ? OutOfMemory : Success;
    });
}

EMU_API Result cuMemAllocHost_v2(void** address, size_t bytes)
{
    return cuMemHostAlloc(address, bytes, 0);
}

EMU_API Result cuMemFreeHost(void* address)
{
    return releasing([&](Device& device)
    {
        drainAll(device);
        return state().pinned.release((uintptr_t)address) ? Success : InvalidValue;
    });
}
}
