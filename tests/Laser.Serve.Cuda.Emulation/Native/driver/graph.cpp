#include "driver.h"

namespace emu::driver
{
enum CaptureMode
{
    CaptureGlobal = 0,
    CaptureThreadLocal = 1,
    CaptureRelaxed = 2,
};

EMU_API Result cuStreamBeginCapture_v2(void* handle, int mode)
{
    return inContext([&](Device& device)
    {
        if (handle == nullptr)
        {
            return CaptureUnsupported;
        }

        std::shared_ptr<Stream> stream = device.streams.find(handle);
        if (stream == nullptr)
        {
            return InvalidHandle;
        }

        if (stream->capture != nullptr || mode < CaptureGlobal || mode > CaptureRelaxed)
        {
            return InvalidValue;
        }

        stream->capture = std::make_shared<Graph>();
        stream->captureInvalid = false;
        stream->captureForbidsUnsafeCalls = mode != CaptureRelaxed;
        stream->capturingThread = std::this_thread::get_id();
        return Success;
    });
}

EMU_API Result cuStreamEndCapture(void* handle, void** graph)
{
    return releasing([&](Device& device)
    {
        *graph = nullptr;
        std::shared_ptr<Stream> stream = device.streams.find(handle);
        if (stream == nullptr || stream->capture == nullptr)
        {
            return stream == nullptr ? InvalidHandle : InvalidValue;
        }

        if (stream->captureForbidsUnsafeCalls && stream->capturingThread != std::this_thread::get_id())
        {
            return CaptureWrongThread;
        }

        std::shared_ptr<Graph> recorded = std::move(stream->capture);
        stream->capture = nullptr;
        if (stream->captureInvalid)
        {
            return CaptureInvalidated;
        }

        *graph = device.graphs.add(recorded);
        return Success;
    });
}

EMU_API Result cuStreamIsCapturing(void* handle, int* status)
{
    return inContext([&](Device& device)
    {
        constexpr int Active = 1;
        constexpr int Invalidated = 2;
        std::shared_ptr<Stream> stream = device.streams.find(handle);
        if (handle != nullptr && stream == nullptr)
        {
            return InvalidHandle;
        }

        bool captures = stream != nullptr && stream->capture != nullptr;
        *status = !captures ? 0 : stream->captureInvalid ? Invalidated : Active;
        return Success;
    });
}

EMU_API Result cuGraphGetNodes(void* handle, void** nodes, size_t* count)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Graph> graph = device.graphs.find(handle);
        if (graph == nullptr)
        {
            return InvalidHandle;
        }

        if (nodes != nullptr)
        {
            return NotSupported; // only their number is known here
        }

        *count = graph->nodes.size();
        return Success;
    });
}

EMU_API Result cuGraphInstantiateWithFlags(void** executable, void* handle, unsigned long long)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Graph> graph = device.graphs.find(handle);
        if (graph == nullptr)
        {
            return InvalidHandle;
        }

        if (device.memory.bytes() >= state().memoryBytes)
        {
            return OutOfMemory; // an executable graph takes memory of the device, though none is counted here
        }

        *executable = device.executables.add(std::make_shared<Graph>(*graph));
        return Success;
    });
}

EMU_API Result cuGraphUpload(void* handle, void*)
{
    return inContext([&](Device& device)
    {
        return device.executables.find(handle) == nullptr ? InvalidHandle : Success;
    });
}

EMU_API Result cuGraphLaunch(void* handle, void* stream)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Graph> graph = device.executables.find(handle);
        if (graph == nullptr)
        {
            return InvalidHandle;
        }

        auto run = [graph, &device]
        {
            for (const Work& node : graph->nodes)
            {
                execute(device, node, true);
            }

            return device.lost;
        };
        return submit(device, stream, Work{ run });
    });
}

EMU_API Result cuGraphExecDestroy(void* handle)
{
    return releasing([&](Device& device)
    {
        return device.executables.remove(handle) == nullptr ? InvalidHandle : Success;
    });
}

EMU_API Result cuGraphDestroy(void* handle)
{
    return releasing([&](Device& device)
    {
        return device.graphs.remove(handle) == nullptr ? InvalidHandle : Success;
    });
}
}
