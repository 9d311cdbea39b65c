#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../kernel/emu_engine.h"

namespace emu::driver
{
/// A kernel of a module that was loaded.
struct Function
{
    const KernelEntry& kernel;
    int maxDynamicSharedBytes;
    bool unloaded = false;

    size_t parameterOffset(int index) const;
};

struct Module
{
    std::vector<std::shared_ptr<Function>> functions;
};
}
