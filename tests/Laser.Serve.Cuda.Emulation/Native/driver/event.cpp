#include "event.h"

#include <ctime>

#include "driver.h"

namespace emu::driver
{
static double now()
{
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}

EMU_API Result cuEventCreate(void** handle, unsigned)
{
    return inContext([&](Device& device)
    {
        *handle = device.events.add(std::make_shared<Event>());
        return Success;
    });
}

EMU_API Result cuEventDestroy_v2(void* handle)
{
    return releasing([&](Device& device)
    {
        return device.events.remove(handle) == nullptr ? InvalidHandle : Success;
    });
}

EMU_API Result cuEventRecord(void* handle, void* streamHandle)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Event> event = device.events.find(handle);
        std::shared_ptr<Stream> stream = device.streams.find(streamHandle);
        if (event == nullptr || (streamHandle != nullptr && stream == nullptr))
        {
            return InvalidHandle;
        }

        if (stream != nullptr && stream->capture != nullptr)
        {
            stream->captureInvalid = true;
            return CaptureUnsupported; // a fork of a capture is not emulated
        }

        event->recorded = true;
        event->stream = stream;
        event->position = stream == nullptr ? 0 : stream->submitted + 1;
        auto mark = [event]
        {
            event->milliseconds = now();
            return Success;
        };
        return submit(device, streamHandle, Work{ mark });
    });
}

EMU_API Result cuEventSynchronize(void* handle)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Event> event = device.events.find(handle);
        if (event == nullptr)
        {
            return InvalidHandle;
        }

        event->reach();
        return Success;
    });
}

/// Not ready the first time, if there was something to do.
EMU_API Result cuEventQuery(void* handle)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Event> event = device.events.find(handle);
        if (event == nullptr)
        {
            return InvalidHandle;
        }

        bool reached = event->reached();
        event->reach();
        return reached ? Success : NotReady;
    });
}

EMU_API Result cuEventElapsedTime_v2(float* milliseconds, void* startHandle, void* endHandle)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Event> start = device.events.find(startHandle);
        std::shared_ptr<Event> end = device.events.find(endHandle);
        if (start == nullptr || end == nullptr || !start->recorded || !end->recorded)
        {
            return InvalidHandle;
        }

        if (!start->reached() || !end->reached())
        {
            return NotReady;
        }

        *milliseconds = (float)(end->milliseconds - start->milliseconds);
        return Success;
    });
}

EMU_API Result cuEventElapsedTime(float* milliseconds, void* start, void* end)
{
    return cuEventElapsedTime_v2(milliseconds, start, end);
}

EMU_API Result cuStreamWaitEvent(void* streamHandle, void* handle, unsigned)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Event> event = device.events.find(handle);
        if (event == nullptr)
        {
            return InvalidHandle;
        }

        auto wait = [stream = event->stream, position = event->position]
        {
            if (stream != nullptr)
            {
                stream->runUntil(position);
            }

            return Success;
        };
        return submit(device, streamHandle, Work{ wait });
    });
}
}
