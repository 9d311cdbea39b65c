// What tests set and ask; none of it is in a real driver.
#include <string>

#include "../nvrtc/compiler.h"
#include "driver.h"

namespace emu::driver
{
void addDevices(int count);

static Device* findDevice(int device)
{
    return device >= 0 && device < (int)state().devices.size() ? state().devices[device].get() : nullptr;
}

/// Folder of the emulation's headers, folder of compiled kernels, and the flags of the C++ compiler (null: -O1).
EMU_API void emuConfigure(const char* includeFolder, const char* cacheFolder, const char* flags)
{
    std::lock_guard lock(state().mutex);
    nvrtc::configure(includeFolder, cacheFolder, flags);
}

/// Order of blocks, warps and lanes: 0 ascending, 1 descending, others pseudo-random; cp.async lands late at even ones, at once
/// at odd ones.
EMU_API void emuSetSchedule(int schedule)
{
    std::lock_guard lock(state().mutex);
    emu_set_schedule(schedule);
}

/// Not 0 (the default): a stream does its work when somebody waits for it. 0: at once.
EMU_API void emuSetDeferredStreams(int deferred)
{
    std::lock_guard lock(state().mutex);
    state().deferredStreams = deferred != 0;
}

/// The memory of each device. What is allocated stays.
EMU_API void emuSetMemory(long long bytes)
{
    std::lock_guard lock(state().mutex);
    state().memoryBytes = (size_t)bytes;
}

/// Adds devices up to this number.
EMU_API void emuAddDevices(int count)
{
    std::lock_guard lock(state().mutex);
    addDevices(count);
}

/// The n-th kernel or graph node from now on fails with `code`, and so does every call behind it, until the device recovers.
EMU_API int emuFailAfter(int device, int launches, int code)
{
    std::lock_guard lock(state().mutex);
    Device* target = findDevice(device);
    if (target == nullptr || launches < 1 || code == Success)
    {
        return InvalidValue;
    }

    target->launchesToFailure = launches;
    target->injectedCode = (Result)code;
    return Success;
}

/// Takes back a failure that has come or is to come.
EMU_API int emuRecover(int device)
{
    std::lock_guard lock(state().mutex);
    Device* target = findDevice(device);
    if (target == nullptr)
    {
        return InvalidDevice;
    }

    target->lost = Success;
    target->launchesToFailure = 0;
    for (auto& [handle, stream] : target->streams)
    {
        stream->completed += stream->pending.size();
        stream->pending.clear();
    }

    return Success;
}

/// Device allocations that were not freed.
EMU_API int emuLiveAllocations(int device)
{
    std::lock_guard lock(state().mutex);
    Device* target = findDevice(device);
    return target == nullptr ? 0 : (int)target->memory.count();
}

EMU_API int emuLiveHostAllocations()
{
    std::lock_guard lock(state().mutex);
    return (int)state().pinned.count();
}

/// Streams, events, modules, graphs and executable graphs that were not destroyed.
EMU_API int emuLiveHandles(int device)
{
    std::lock_guard lock(state().mutex);
    Device* target = findDevice(device);
    if (target == nullptr)
    {
        return 0;
    }

    size_t graphs = target->graphs.size() + target->executables.size();
    return (int)(target->streams.size() + target->events.size() + target->modules.size() + graphs);
}

/// What happened when a device was lost last. Valid until the calling thread asks again.
EMU_API const char* emuLastMessage()
{
    static thread_local std::string message;
    std::lock_guard lock(state().mutex);
    message = state().lastMessage;
    return message.c_str();
}
}
