#include "failure.h"

#include <cstdio>
#include <string>

namespace emu
{
static std::string message;
static AddressDescriber addressDescriber;

void setAddressDescriber(AddressDescriber describer)
{
    addressDescriber = describer;
}

void describeAddress(const void* address, char* text, size_t size)
{
    text[0] = '\0';
    if (addressDescriber != nullptr)
    {
        addressDescriber(address, text, size);
    }
}

static const char* placeOf(const Fiber& fiber)
{
    switch (fiber.state)
    {
        case State::AtBarrier:
            return "at __syncthreads";
        case State::AtWarpOperation:
            return "at a warp operation";
        case State::Returned:
            return "returned";
        default:
            return "running";
    }
}

static void append(const char* format, auto... values)
{
    char text[512];
    snprintf(text, sizeof text, format, values...);
    message += text;
}

static void appendWaiting(const Fiber* fibers, int count)
{
    constexpr int Most = 8;
    int shown = 0;
    for (int i = 0; i < count && shown < Most; i++)
    {
        const Fiber& fiber = fibers[i];
        if (fiber.state == State::AtBarrier || fiber.state == State::AtWarpOperation)
        {
            append("; thread %d %s", fiber.number, placeOf(fiber));
            shown++;
            if (fiber.state == State::AtWarpOperation)
            {
                append(" %d with mask %08x", fiber.operation, fiber.mask);
            }
        }
    }
}

void describeFailure(const char* kernel, const char* why, const Fiber* fibers, int count)
{
    uint3 block = emu_block.index;
    message.clear();
    append("kernel %s, block (%u, %u, %u)", kernel, block.x, block.y, block.z);
    if (emu_thread != nullptr)
    {
        append(", thread %d", static_cast<const Fiber*>(emu_thread)->number);
    }

    append(": %s", why);
    if (emu_thread == nullptr)
    {
        appendWaiting(fibers, count);
    }
}

extern "C" const char* emu_failure_message()
{
    return message.c_str();
}
}
