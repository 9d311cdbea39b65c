#include "module.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>

#include "../nvrtc/compiler.h"
#include "driver.h"

namespace emu::driver
{
// A host may load this library for itself alone (.NET does); the compiled kernels need what it exports.
static void exportOwnSymbols()
{
    static const bool done = []
    {
        Dl_info info;
        return dladdr((void*)&emu_launch, &info) != 0 && dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
    }();
    (void)done;
}

// The compiled program an image stands for: its kernels, or null where it is none of this emulation.
static const KernelEntry* load(const char* image, size_t* count)
{
    exportOwnSymbols();
    const char* file = nvrtc::fileOfImage(image);
    void* library = file == nullptr ? nullptr : dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
    {
        return nullptr;
    }

    const char* headers = (const char*)dlsym(library, "emu_headers");
    auto kernels = (const KernelEntry* (*)(size_t*))dlsym(library, "emu_kernels");
    bool isOurs = headers != nullptr && kernels != nullptr && nvrtc::hashOfHeaders() == headers;
    return isOurs ? kernels(count) : nullptr;
}

size_t Function::parameterOffset(int index) const
{
    size_t offset = 0;
    for (int i = 0; i <= index; i++)
    {
        size_t bytes = kernel.parameterBytes[i];
        size_t alignment = bytes >= 8 ? 8 : bytes;
        offset = (offset + alignment - 1) / alignment * alignment;
        offset += i < index ? bytes : 0;
    }

    return offset;
}

EMU_API Result cuModuleLoadData(void** handle, const void* image)
{
    return outsideCapture([&](Device& device)
    {
        size_t count = 0;
        const KernelEntry* kernels = load((const char*)image, &count);
        if (kernels == nullptr)
        {
            return InvalidImage;
        }

        auto module = std::make_shared<Module>();
        for (size_t i = 0; i < count; i++)
        {
            auto function = std::make_shared<Function>(Function{ kernels[i], MaxSharedBytesByDefault });
            module->functions.push_back(function);
            device.functions.add(function);
        }

        *handle = device.modules.add(module);
        return Success;
    });
}

EMU_API Result cuModuleLoadDataEx(void** handle, const void* image, unsigned, void*, void*)
{
    return cuModuleLoadData(handle, image);
}

EMU_API Result cuModuleUnload(void* handle)
{
    return releasing([&](Device& device)
    {
        std::shared_ptr<Module> module = device.modules.find(handle);
        if (module == nullptr)
        {
            return InvalidHandle;
        }

        drainAll(device);
        for (const std::shared_ptr<Function>& function : module->functions)
        {
            function->unloaded = true;
            device.functions.remove(function.get());
        }

        device.modules.remove(handle);
        return Success;
    });
}

EMU_API Result cuModuleGetFunction(void** handle, void* moduleHandle, const char* name)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Module> module = device.modules.find(moduleHandle);
        if (module == nullptr)
        {
            return InvalidHandle;
        }

        for (const std::shared_ptr<Function>& function : module->functions)
        {
            if (strcmp(function->kernel.name, name) == 0)
            {
                *handle = function.get();
                return Success;
            }
        }

        return NotFound;
    });
}

enum FunctionAttribute
{
    MaxThreadsPerBlock = 0,
    StaticSharedBytes = 1,
    ConstantBytes = 2,
    LocalBytes = 3,
    RegisterCount = 4,
    PtxVersion = 5,
    BinaryVersion = 6,
    MaxDynamicSharedBytes = 8,
    SharedMemoryCarveout = 9,
};

EMU_API Result cuFuncSetAttribute(void* handle, int attribute, int value)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Function> function = device.functions.find(handle);
        if (function == nullptr)
        {
            return InvalidHandle;
        }

        switch (attribute)
        {
            case MaxDynamicSharedBytes:
                if (value < 0 || value > MaxSharedBytes)
                {
                    return InvalidValue;
                }

                function->maxDynamicSharedBytes = std::max(value, MaxSharedBytesByDefault);
                return Success;
            case SharedMemoryCarveout:
                return Success;
            default:
                return InvalidValue;
        }
    });
}

EMU_API Result cuFuncGetAttribute(int* value, int attribute, void* handle)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Function> function = device.functions.find(handle);
        if (function == nullptr)
        {
            return InvalidHandle;
        }

        switch (attribute)
        {
            case MaxThreadsPerBlock:
                *value = function->kernel.maxThreads;
                return Success;
            case MaxDynamicSharedBytes:
                *value = function->maxDynamicSharedBytes;
                return Success;
            case RegisterCount:
                *value = 64;
                return Success;
            case PtxVersion:
            case BinaryVersion:
                *value = 90;
                return Success;
            case StaticSharedBytes:
            case ConstantBytes:
            case LocalBytes:
                *value = 0;
                return Success;
            default:
                return InvalidValue;
        }
    });
}

/// Offset and size of a parameter; an invalid value behind the last one.
EMU_API Result cuFuncGetParamInfo(void* handle, size_t index, size_t* offset, size_t* bytes)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Function> function = device.functions.find(handle);
        if (function == nullptr)
        {
            return InvalidHandle;
        }

        if (index >= (size_t)function->kernel.parameterCount)
        {
            return InvalidValue;
        }

        *offset = function->parameterOffset((int)index);
        if (bytes != nullptr)
        {
            *bytes = function->kernel.parameterBytes[index];
        }

        return Success;
    });
}

EMU_API Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* handle, int threads, size_t sharedBytes)
{
    return inContext([&](Device& device)
    {
        std::shared_ptr<Function> function = device.functions.find(handle);
        if (function == nullptr)
        {
            return InvalidHandle;
        }

        constexpr int ThreadsOfMultiprocessor = 2048;
        constexpr int SharedBytesOfMultiprocessor = 233472;
        constexpr int SharedBytesOfSystem = 1024;
        if (threads <= 0 || threads > function->kernel.maxThreads || (int)sharedBytes > MaxSharedBytes)
        {
            *blocks = 0;
            return threads <= 0 ? InvalidValue : Success;
        }

        int byShared = SharedBytesOfMultiprocessor / ((int)sharedBytes + SharedBytesOfSystem);
        *blocks = std::min({ 32, ThreadsOfMultiprocessor / threads, byShared });
        return Success;
    });
}
}
