#include <cstdio>
#include <cstdlib>

#include "../engine/failure.h"
#include "driver.h"

namespace emu::driver
{
// Never destroyed: other threads may call while the process ends.
State& state()
{
    static State& instance = *new State();
    return instance;
}

static long long fromEnvironment(const char* name, long long otherwise)
{
    const char* text = getenv(name);
    return text == nullptr ? otherwise : atoll(text);
}

static void describeDeviceAddress(const void* address, char* text, size_t size)
{
    for (const std::unique_ptr<Device>& device : state().devices)
    {
        if (text[0] == '\0')
        {
            device->memory.describe((uintptr_t)address, text, size);
        }
    }
}

void addDevices(int count)
{
    std::vector<std::unique_ptr<Device>>& devices = state().devices;
    while ((int)devices.size() < count)
    {
        devices.push_back(std::make_unique<Device>());
        devices.back()->ordinal = (int)devices.size() - 1;
    }
}

EMU_API Result cuInit(unsigned flags)
{
    std::lock_guard lock(state().mutex);
    if (flags != 0)
    {
        return InvalidValue;
    }

    if (!state().initialized)
    {
        state().initialized = true;
        constexpr long long FourGigabytes = 4LL << 30;
        if (state().memoryBytes == 0)
        {
            state().memoryBytes = fromEnvironment("LASER_EMU_MEMORY", FourGigabytes);
        }

        addDevices((int)fromEnvironment("LASER_EMU_DEVICES", 1));
        setAddressDescriber(describeDeviceAddress);
        catchFaults();
    }

    return Success;
}

static Result checkDevice(int device)
{
    if (!state().initialized)
    {
        return NotInitialized;
    }

    return device >= 0 && device < (int)state().devices.size() ? Success : InvalidDevice;
}

EMU_API Result cuDriverGetVersion(int* version)
{
    *version = 12080;
    return Success;
}

EMU_API Result cuDeviceGetCount(int* count)
{
    std::lock_guard lock(state().mutex);
    *count = (int)state().devices.size();
    return state().initialized ? Success : NotInitialized;
}

EMU_API Result cuDeviceGet(int* device, int ordinal)
{
    std::lock_guard lock(state().mutex);
    *device = ordinal;
    return checkDevice(ordinal);
}

EMU_API Result cuDeviceGetName(char* name, int size, int device)
{
    std::lock_guard lock(state().mutex);
    snprintf(name, size, "CPU emulation");
    return checkDevice(device);
}

EMU_API Result cuDeviceTotalMem_v2(size_t* bytes, int device)
{
    std::lock_guard lock(state().mutex);
    *bytes = state().memoryBytes;
    return checkDevice(device);
}

EMU_API Result cuDeviceGetAttribute(int* value, int attribute, int device)
{
    struct Attribute
    {
        int number;
        int value;
    };
    static const Attribute attributes[] = {
        { 1, 1024 },                        // threads per block
        { 2, 1024 }, { 3, 1024 }, { 4, 64 }, // block x, y, z
        { 5, 0x7fffffff }, { 6, 65535 }, { 7, 65535 }, // grid x, y, z
        { 8, MaxSharedBytesByDefault },     // shared memory per block
        { 10, 32 },                         // warp size
        { 12, 65536 },                      // registers per block
        { 13, 1000000 },                    // clock, kHz
        { 16, MultiprocessorCount },
        { 31, 1 },                          // concurrent kernels
        { 36, 1000000 },                    // memory clock, kHz
        { 37, 4096 },                       // memory bus, bits
        { 38, 4 << 20 },                    // L2 cache
        { 39, 2048 },                       // threads per multiprocessor
        { 41, 1 },                          // unified addressing
        { 75, 9 }, { 76, 0 },               // compute capability
        { 81, 233472 },                     // shared memory per multiprocessor
        { 82, 65536 },                      // registers per multiprocessor
        { 83, 1 },                          // managed memory
        { 97, MaxSharedBytes },
        { 106, 32 },                        // blocks per multiprocessor
        { 111, 1024 },                      // shared memory that the system takes of a block
    };
    std::lock_guard lock(state().mutex);
    for (const Attribute& known : attributes)
    {
        if (known.number == attribute)
        {
            *value = known.value;
            return checkDevice(device);
        }
    }

    *value = 0;
    return attribute > 0 && attribute < 150 ? checkDevice(device) : InvalidValue;
}

EMU_API Result cuDevicePrimaryCtxRetain(void** context, int device)
{
    std::lock_guard lock(state().mutex);
    Result problem = checkDevice(device);
    if (problem == Success)
    {
        state().devices[device]->references++;
        *context = state().devices[device].get();
    }

    return problem;
}

EMU_API Result cuDevicePrimaryCtxRelease_v2(int number)
{
    std::lock_guard lock(state().mutex);
    Result problem = checkDevice(number);
    if (problem != Success)
    {
        return problem;
    }

    Device& device = *state().devices[number];
    if (device.references == 0)
    {
        return InvalidContext;
    }

    drainAll(device);
    device.references--;
    return Success;
}
}
