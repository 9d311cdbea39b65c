#include "driver.h"

namespace emu::driver
{
Device*& currentDevice()
{
    static thread_local Device* device = nullptr;
    return device;
}

void lose(Device& device, int code, const char* why)
{
    device.lost = (Result)code;
    state().lastCode = code;
    state().lastMessage = why;
}

Result checkContext(Device* device)
{
    if (!state().initialized)
    {
        return NotInitialized;
    }

    if (device == nullptr)
    {
        return InvalidContext;
    }

    return device->references > 0 ? Success : ContextIsDestroyed;
}

bool isForbiddenByCapture(Device& device)
{
    for (auto& [handle, stream] : device.streams)
    {
        bool isOwn = stream->capturingThread == std::this_thread::get_id();
        if (stream->capture != nullptr && stream->captureForbidsUnsafeCalls && isOwn)
        {
            stream->captureInvalid = true;
            return true;
        }
    }

    return false;
}

EMU_API Result cuCtxSetCurrent(void* context)
{
    std::lock_guard lock(state().mutex);
    if (context == nullptr)
    {
        currentDevice() = nullptr;
        return Success;
    }

    for (const std::unique_ptr<Device>& device : state().devices)
    {
        if (device.get() == context && device->references > 0)
        {
            currentDevice() = device.get();
            return Success;
        }
    }

    return InvalidContext;
}

EMU_API Result cuCtxGetCurrent(void** context)
{
    std::lock_guard lock(state().mutex);
    *context = currentDevice();
    return state().initialized ? Success : NotInitialized;
}

EMU_API Result cuCtxGetDevice(int* device)
{
    return inContext([&](Device& current)
    {
        *device = current.ordinal;
        return Success;
    });
}

EMU_API Result cuCtxSynchronize()
{
    return outsideCapture([](Device& device)
    {
        drainAll(device);
        return Success;
    });
}
}
