// Atomics of the types that CUDA has them for. Relaxed, as on the device: order comes from __threadfence.
#pragma once

#include <type_traits>

#include "emu_engine.h"

namespace emu
{
template <class T, class... Allowed>
using OneOf = std::enable_if_t<(std::is_same_v<T, Allowed> || ...), T>;

// A parameter that takes no part in deducing T, so that a literal is converted.
template <class T>
using Value = std::common_type_t<T>;

/// Replaces the value at `address` by `update(value)`; gives the one before.
template <class T, class Update>
inline T atomicUpdate(T* address, Update update)
{
    if ((uintptr_t)address % sizeof(T) != 0)
    {
        emu_fail(FailureMisalignedAddress, "an atomic operation on a misaligned address");
    }

    T old;
    __atomic_load(address, &old, __ATOMIC_RELAXED);
    T next;
    do
    {
        next = update(old);
    } while (!__atomic_compare_exchange(address, &old, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));

    return old;
}
}

template <class T>
inline emu::OneOf<T, int, unsigned, unsigned long long, float, double> atomicAdd(T* address, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T old) -> T { return old + value; });
}

template <class T>
inline emu::OneOf<T, int, unsigned> atomicSub(T* address, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T old) -> T { return old - value; });
}

template <class T>
inline emu::OneOf<T, int, unsigned, long long, unsigned long long> atomicMax(T* address, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T old) { return old > value ? old : value; });
}

template <class T>
inline emu::OneOf<T, int, unsigned, long long, unsigned long long> atomicMin(T* address, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T old) { return old < value ? old : value; });
}

template <class T>
inline emu::OneOf<T, int, unsigned, unsigned long long> atomicOr(T* address, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T old) { return old | value; });
}

template <class T>
inline emu::OneOf<T, int, unsigned, unsigned long long> atomicAnd(T* address, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T old) { return old & value; });
}

template <class T>
inline emu::OneOf<T, int, unsigned, unsigned long long, float> atomicExch(T* address, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T) { return value; });
}

template <class T>
inline emu::OneOf<T, int, unsigned, unsigned long long> atomicCAS(
    T* address, emu::Value<T> expected, emu::Value<T> value)
{
    return emu::atomicUpdate(address, [=](T old) { return old == expected ? value : old; });
}
