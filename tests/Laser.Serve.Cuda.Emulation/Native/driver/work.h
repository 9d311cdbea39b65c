#pragma once

#include <functional>

#include "codes.h"

namespace emu::driver
{
struct Device;

/// Something for the device to do: at once, later on its stream, or again and again in a graph.
struct Work
{
    std::function<Result()> run;
    bool isKernel = false;
};

/// Runs it, and counts it for the failure that a test asked for. Anything but success loses the device.
void execute(Device& device, const Work& work, bool isGraphNode);
}
