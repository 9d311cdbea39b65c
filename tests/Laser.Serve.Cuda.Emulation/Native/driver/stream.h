#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "work.h"

namespace emu::driver
{
/// What a capture recorded.
struct Graph
{
    std::vector<Work> nodes;
};

/// Work in order. It is done when somebody waits for it (deferred streams), so that a host that does not wait sees old data; or
/// at once.
struct Stream
{
    Device& device;
    bool blocking; // ordered with the default stream

    std::deque<Work> pending;
    uint64_t submitted = 0;
    uint64_t completed = 0;

    std::shared_ptr<Graph> capture; // null unless it records
    bool captureInvalid = false;
    bool captureForbidsUnsafeCalls = false;
    std::thread::id capturingThread;

    Stream(Device& device, bool blocking) : device(device), blocking(blocking)
    {
    }

    /// Does all work up to the given one.
    void runUntil(uint64_t position);

    void drain()
    {
        runUntil(submitted);
    }
};

/// Gives work to a stream; null is the default stream, which does it at once, after that of all blocking streams.
Result submit(Device& device, void* stream, Work work);

/// The default stream and the blocking ones have done their work.
void drainBlocking(Device& device);
void drainAll(Device& device);
}
