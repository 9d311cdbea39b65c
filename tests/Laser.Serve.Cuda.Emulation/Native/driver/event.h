#pragma once

#include <cstdint>
#include <memory>

#include "stream.h"

namespace emu::driver
{
/// A place in the work of a stream, and when it was reached.
struct Event
{
    std::shared_ptr<Stream> stream; // null before it is recorded, or where it was reached at once
    uint64_t position = 0;
    bool recorded = false;
    double milliseconds = 0;

    bool reached() const
    {
        return stream == nullptr || stream->completed >= position;
    }

    void reach()
    {
        if (stream != nullptr)
        {
            stream->runUntil(position);
        }
    }
};
}
