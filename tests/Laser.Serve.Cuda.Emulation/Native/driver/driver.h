#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../kernel/emu_engine.h"
#include "codes.h"
#include "event.h"
#include "memory_map.h"
#include "module.h"
#include "registry.h"
#include "stream.h"

namespace emu::driver
{
constexpr int MaxSharedBytes = 232448;         // with cuFuncSetAttribute
constexpr int MaxSharedBytesByDefault = 48 * 1024;
constexpr int MultiprocessorCount = 4;

/// An emulated device and its primary context, the only one it has.
struct Device
{
    int ordinal = 0;
    int references = 0; // of the primary context

    MemoryMap memory;
    Registry<Stream> streams;
    Registry<Event> events;
    Registry<Module> modules;
    Registry<Function> functions;
    Registry<Graph> graphs;
    Registry<Graph> executables;

    Result lost = Success; // what every call returns from then on
    int launchesToFailure = 0;
    Result injectedCode = Success;
};

/// All that the emulated driver knows. One lock for everything: kernels run under it, too.
struct State
{
    std::recursive_mutex mutex;
    bool initialized = false;
    std::vector<std::unique_ptr<Device>> devices;
    size_t memoryBytes = 0; // of a device
    bool deferredStreams = true;
    MemoryMap pinned;

    int lastCode = Success;
    std::string lastMessage;
};

State& state();

/// The device whose context the calling thread has; null where it has none.
Device*& currentDevice();

/// From now on every call returns `code`, until a test has the device recover.
void lose(Device& device, int code, const char* why);

Result checkContext(Device* device);

/// Whether the calling thread records work in a way that forbids calls that might wait.
bool isForbiddenByCapture(Device& device);

/// Runs `body(device)` where the calling thread has a context and its device is not lost.
template <class Body>
Result inContext(Body body)
{
    std::lock_guard lock(state().mutex);
    Device* device = currentDevice();
    Result problem = checkContext(device);
    if (problem != Success)
    {
        return problem;
    }

    if (device->lost != Success)
    {
        return device->lost;
    }

    Result result = body(*device);
    return device->lost != Success ? device->lost : result;
}

/// The same for calls that a capture does not allow: it is void then.
template <class Body>
Result outsideCapture(Body body)
{
    return inContext([&](Device& device)
    {
        return isForbiddenByCapture(device) ? CaptureUnsupported : body(device);
    });
}

/// The same for calls that give something back: they do so on a lost device, too.
template <class Body>
Result releasing(Body body)
{
    std::lock_guard lock(state().mutex);
    Device* device = currentDevice();
    Result problem = checkContext(device);
    if (problem != Success)
    {
        return problem;
    }

    Result result = body(*device);
    return device->lost != Success ? device->lost : result;
}
}
