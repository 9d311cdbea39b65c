// Copies and fills. Addresses are checked when the work is given and again when it is done: memory may have been freed between.
#include <cstring>
#include <memory>
#include <vector>

#include "driver.h"

namespace emu::driver
{
static bool isPinned(const void* host, size_t bytes)
{
    return state().pinned.contains((uintptr_t)host, bytes);
}

// Host memory must not be device memory: a host cannot reach that on a real device.
static bool isHostMemory(Device& device, const void* host, size_t bytes)
{
    return host != nullptr && !device.memory.touches((uintptr_t)host, bytes);
}

static Work checkedCopy(Device& device, void* to, const void* from, uint64_t onDevice, size_t bytes)
{
    return Work{ [=, &device]
    {
        if (!device.memory.contains(onDevice, bytes))
        {
            lose(device, IllegalAddress, "a copy from or to device memory that was freed before its turn");
            return IllegalAddress;
        }

        memmove(to, from, bytes);
        return Success;
    } };
}

EMU_API Result cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* stream)
{
    return inContext([&](Device& device)
    {
        if (!device.memory.contains(to, bytes) || !isHostMemory(device, from, bytes))
        {
            return InvalidValue;
        }

        if (isPinned(from, bytes))
        {
            return submit(device, stream, checkedCopy(device, (void*)to, from, to, bytes));
        }

        // The real driver has read pageable memory when it returns, too.
        auto staged = std::make_shared<std::vector<char>>((const char*)from, (const char*)from + bytes);
        Work copy = checkedCopy(device, (void*)to, staged->data(), to, bytes);
        copy.run = [staged, run = std::move(copy.run)]
        {
            return run();
        };
        return submit(device, stream, std::move(copy));
    });
}

EMU_API Result cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* streamHandle)
{
    return inContext([&](Device& device)
    {
        if (!device.memory.contains(from, bytes) || !isHostMemory(device, to, bytes))
        {
            return InvalidValue;
        }

        Result result = submit(device, streamHandle, checkedCopy(device, to, (void*)from, from, bytes));
        std::shared_ptr<Stream> stream = device.streams.find(streamHandle);
        if (result == Success && stream != nullptr && !isPinned(to, bytes))
        {
            stream->drain(); // the real driver has written pageable memory when it returns
        }

        return result;
    });
}

EMU_API Result cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void* stream)
{
    return inContext([&](Device& device)
    {
        if (!device.memory.contains(to, bytes) || !device.memory.contains(from, bytes))
        {
            return InvalidValue;
        }

        Work copy = checkedCopy(device, (void*)to, (void*)from, to, bytes);
        copy.run = [=, &device, run = std::move(copy.run)]
        {
            if (!device.memory.contains(from, bytes))
            {
                lose(device, IllegalAddress, "a copy from device memory that was freed before its turn");
                return IllegalAddress;
            }

            return run();
        };
        return submit(device, stream, std::move(copy));
    });
}

EMU_API Result cuMemcpyHtoD_v2(uint64_t to, const void* from, size_t bytes)
{
    return outsideCapture([&](Device&) { return cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr); });
}

EMU_API Result cuMemcpyDtoH_v2(void* to, uint64_t from, size_t bytes)
{
    return outsideCapture([&](Device&) { return cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr); });
}

EMU_API Result cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t bytes)
{
    return outsideCapture([&](Device&) { return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr); });
}

template <class T>
static Result fill(uint64_t address, T value, size_t count, void* stream)
{
    return inContext([&](Device& device)
    {
        size_t bytes = count * sizeof(T);
        if (!device.memory.contains(address, bytes) || address % sizeof(T) != 0)
        {
            return InvalidValue;
        }

        auto run = [=, &device]
        {
            if (!device.memory.contains(address, bytes))
            {
                lose(device, IllegalAddress, "a fill of device memory that was freed before its turn");
                return IllegalAddress;
            }

            for (size_t i = 0; i < count; i++)
            {
                ((T*)address)[i] = value;
            }

            return Success;
        };
        return submit(device, stream, Work{ run });
    });
}

EMU_API Result cuMemsetD8Async(uint64_t address, unsigned char value, size_t count, void* stream)
{
    return fill(address, value, count, stream);
}

EMU_API Result cuMemsetD16Async(uint64_t address, unsigned short value, size_t count, void* stream)
{
    return fill(address, value, count, stream);
}

EMU_API Result cuMemsetD32Async(uint64_t address, unsigned value, size_t count, void* stream)
{
    return fill(address, value, count, stream);
}

EMU_API Result cuMemsetD8_v2(uint64_t address, unsigned char value, size_t count)
{
    return outsideCapture([&](Device&) { return fill(address, value, count, nullptr); });
}

EMU_API Result cuMemsetD16_v2(uint64_t address, unsigned short value, size_t count)
{
    return outsideCapture([&](Device&) { return fill(address, value, count, nullptr); });
}

EMU_API Result cuMemsetD32_v2(uint64_t address, unsigned value, size_t count)
{
    return outsideCapture([&](Device&) { return fill(address, value, count, nullptr); });
}
}
