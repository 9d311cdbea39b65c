// How a compiled program tells its kernels, and how a program without a driver launches one.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "emu_engine.h"

namespace emu
{
template <class... P>
struct Parameters
{
    static constexpr size_t bytes[] = { sizeof(P)..., 0 };
};

template <auto Kernel, class... P, size_t... I>
inline void call(void (*)(P...), void** arguments, std::index_sequence<I...>)
{
    Kernel(*(std::remove_cv_t<P>*)arguments[I]...);
}

template <auto Kernel, class... P>
inline KernelEntry describe(const char* name, void (*)(P...), int maxThreads = 1024, int = 0)
{
    return {
        name,
        maxThreads,
        sizeof...(P),
        Parameters<P...>::bytes,
        [](void** arguments) { call<Kernel>((void (*)(P...))nullptr, arguments, std::index_sequence_for<P...>()); },
    };
}

/// Runs `body` as a kernel; what goes wrong ends the process. For programs without a driver.
template <class Body>
inline void launch(const char* name, dim3 grid, dim3 block, size_t sharedBytes, Body body)
{
    LaunchRequest request{};
    request.name = name;
    request.grid = grid;
    request.block = block;
    request.sharedBytes = sharedBytes;
    request.kernel = [](void* argument) { (*(Body*)argument)(); };
    request.argument = &body;
    if (emu_launch(&request) != 0)
    {
        fprintf(stderr, "emu: %s\n", emu_failure_message());
        abort();
    }
}
}

// The end of a compiled program: EMU_KERNELS(EMU_KERNEL(name, launch bounds) ...).
#define EMU_KERNEL(name, ...) emu::describe<name>(#name, name, ##__VA_ARGS__),
#define EMU_KERNELS(...) \
    extern "C" __attribute__((visibility("default"))) const char emu_headers[] = EMU_HEADERS; \
    extern "C" __attribute__((visibility("default"))) const emu::KernelEntry* emu_kernels(size_t* count) \
    { \
        static const emu::KernelEntry kernels[] = { __VA_ARGS__ }; \
        *count = sizeof kernels / sizeof kernels[0]; \
        return kernels; \
    }
