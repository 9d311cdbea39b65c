#include <cstring>
#include <memory>
#include <vector>

#include "driver.h"

namespace emu::driver
{
/// CUlaunchConfig.
struct LaunchConfig
{
    unsigned gridX, gridY, gridZ;
    unsigned blockX, blockY, blockZ;
    unsigned sharedBytes;
    void* stream;
    const struct LaunchAttribute* attributes;
    unsigned attributeCount;
};

/// CUlaunchAttribute.
struct LaunchAttribute
{
    int id;
    int pad;
    union
    {
        char bytes[64];
        int number;
    } value;
};

enum LaunchAttributeId
{
    ProgrammaticStreamSerialization = 6,
};

// A launch whose arguments are copied, as the real driver copies them.
struct Launch
{
    std::shared_ptr<Function> function;
    LaunchRequest request{};
    std::vector<uint64_t> cells;
    std::vector<void*> arguments;

    void copyArguments(void** from)
    {
        const KernelEntry& kernel = function->kernel;
        std::vector<size_t> starts;
        for (int i = 0; i < kernel.parameterCount; i++)
        {
            size_t bytes = kernel.parameterBytes[i];
            starts.push_back(cells.size());
            cells.resize(cells.size() + (bytes + 7) / 8);
            memcpy(&cells[starts[i]], from[i], bytes);
        }

        for (size_t start : starts)
        {
            arguments.push_back(&cells[start]);
        }
    }

    Result run(Device& device)
    {
        if (function->unloaded)
        {
            lose(device, LaunchFailed, "a launch of a kernel whose module is unloaded");
            return LaunchFailed;
        }

        request.name = function->kernel.name;
        request.argument = this;
        request.kernel = [](void* argument)
        {
            Launch& launch = *(Launch*)argument;
            launch.function->kernel.call(launch.arguments.data());
        };
        return (Result)emu_launch(&request);
    }
};

static Result checkShape(const Function& function, const LaunchConfig& config)
{
    constexpr unsigned MaxGridX = 0x7fffffff;
    constexpr unsigned MaxGridYZ = 65535;
    constexpr unsigned MaxThreadsXY = 1024;
    constexpr unsigned MaxThreadsZ = 64;
    bool gridFits = config.gridX <= MaxGridX && config.gridY <= MaxGridYZ && config.gridZ <= MaxGridYZ;
    bool blockFits = config.blockX <= MaxThreadsXY && config.blockY <= MaxThreadsXY && config.blockZ <= MaxThreadsZ;
    uint64_t blocks = (uint64_t)config.gridX * config.gridY * config.gridZ;
    uint64_t threads = (uint64_t)config.blockX * config.blockY * config.blockZ;
    if (!gridFits || !blockFits || blocks == 0 || threads == 0 || threads > (unsigned)function.kernel.maxThreads)
    {
        return InvalidValue;
    }

    return (int)config.sharedBytes <= function.maxDynamicSharedBytes ? Success : InvalidValue;
}

static Result readAttributes(const LaunchConfig& config, LaunchRequest& request)
{
    for (unsigned i = 0; i < config.attributeCount; i++)
    {
        const LaunchAttribute& attribute = config.attributes[i];
        if (attribute.id != ProgrammaticStreamSerialization)
        {
            return NotSupported;
        }

        request.overlapsPredecessor = attribute.value.number != 0;
    }

    return Success;
}

EMU_API Result cuLaunchKernelEx(const LaunchConfig* config, void* handle, void** arguments, void** extra)
{
    return inContext([&](Device& device)
    {
        auto launch = std::make_shared<Launch>();
        launch->function = device.functions.find(handle);
        if (launch->function == nullptr)
        {
            return InvalidHandle;
        }

        if (extra != nullptr || (arguments == nullptr && launch->function->kernel.parameterCount > 0))
        {
            return InvalidValue;
        }

        Result problem = checkShape(*launch->function, *config);
        problem = problem == Success ? readAttributes(*config, launch->request) : problem;
        if (problem != Success)
        {
            return problem;
        }

        launch->request.grid = dim3(config->gridX, config->gridY, config->gridZ);
        launch->request.block = dim3(config->blockX, config->blockY, config->blockZ);
        launch->request.sharedBytes = config->sharedBytes;
        launch->copyArguments(arguments);
        auto run = [launch, &device]
        {
            return launch->run(device);
        };
        return submit(device, config->stream, Work{ run, true });
    });
}

EMU_API Result cuLaunchKernel(
    void* function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
    unsigned sharedBytes, void* stream, void** arguments, void** extra)
{
    LaunchConfig config{ gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, nullptr, 0 };
    return cuLaunchKernelEx(&config, function, arguments, extra);
}
}
