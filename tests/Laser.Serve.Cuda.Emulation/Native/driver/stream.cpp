#include "stream.h"

#include "driver.h"

namespace emu::driver
{
void Stream::runUntil(uint64_t position)
{
    while (completed < position && !pending.empty())
    {
        Work work = std::move(pending.front());
        pending.pop_front();
        completed++;
        if (device.lost == Success)
        {
            execute(device, work, false);
        }
    }
}

void execute(Device& device, const Work& work, bool isGraphNode)
{
    if (device.lost != Success)
    {
        return;
    }

    bool counts = work.isKernel || isGraphNode;
    if (counts && device.launchesToFailure > 0 && --device.launchesToFailure == 0)
    {
        lose(device, device.injectedCode, "a failure that the test asked for");
        return;
    }

    Result result = work.run();
    if (result != Success && device.lost == Success)
    {
        lose(device, result, emu_failure_message());
    }
}

void drainBlocking(Device& device)
{
    for (auto& [handle, stream] : device.streams)
    {
        if (stream->blocking)
        {
            stream->drain();
        }
    }
}

void drainAll(Device& device)
{
    for (auto& [handle, stream] : device.streams)
    {
        stream->drain();
    }
}

Result submit(Device& device, void* handle, Work work)
{
    if (handle == nullptr)
    {
        drainBlocking(device);
        execute(device, work, false);
        return Success;
    }

    std::shared_ptr<Stream> stream = device.streams.find(handle);
    if (stream == nullptr)
    {
        return InvalidHandle;
    }

    if (stream->capture != nullptr)
    {
        stream->capture->nodes.push_back(std::move(work));
        return Success;
    }

    stream->pending.push_back(std::move(work));
    stream->submitted++;
    if (!state().deferredStreams)
    {
        stream->drain();
    }

    return Success;
}

EMU_API Result cuStreamCreateWithPriority(void** handle, unsigned flags, int)
{
    return inContext([&](Device& device)
    {
        constexpr unsigned NonBlocking = 1;
        if (flags > NonBlocking)
        {
            return InvalidValue;
        }

        *handle = device.streams.add(std::make_shared<Stream>(device, flags != NonBlocking));
        return Success;
    });
}

EMU_API Result cuStreamCreate(void** handle, unsigned flags)
{
    return cuStreamCreateWithPriority(handle, flags, 0);
}

EMU_API Result cuStreamDestroy_v2(void* handle)
{
    return releasing([&](Device& device)
    {
        std::shared_ptr<Stream> stream = device.streams.find(handle);
        if (stream == nullptr)
        {
            return InvalidHandle;
        }

        stream->drain();
        device.streams.remove(handle);
        return Success;
    });
}

EMU_API Result cuStreamSynchronize(void* handle)
{
    return inContext([&](Device& device)
    {
        if (handle == nullptr)
        {
            drainBlocking(device);
            return Success;
        }

        std::shared_ptr<Stream> stream = device.streams.find(handle);
        if (stream == nullptr)
        {
            return InvalidHandle;
        }

        if (stream->capture != nullptr)
        {
            stream->captureInvalid = true;
            return CaptureUnsupported;
        }

        stream->drain();
        return Success;
    });
}

/// Not ready the first time, if there was something to do.
EMU_API Result cuStreamQuery(void* handle)
{
    return inContext([&](Device& device)
    {
        if (handle == nullptr)
        {
            drainBlocking(device);
            return Success;
        }

        std::shared_ptr<Stream> stream = device.streams.find(handle);
        if (stream == nullptr)
        {
            return InvalidHandle;
        }

        bool ready = stream->pending.empty();
        stream->drain();
        return ready ? Success : NotReady;
    });
}
}
