// What AddressSanitizer and ThreadSanitizer have to be told of fibers. The engine itself is never instrumented; EMU_ASAN or
// EMU_TSAN say what the kernels are. With ThreadSanitizer, all threads of a grid run at the same time unless a barrier, a warp
// operation or the launch orders them: it finds races within and between blocks.
#pragma once

#include <cstddef>
#include <deque>

#if defined(EMU_TSAN)
extern "C"
{
    void* __tsan_create_fiber(unsigned flags);
    void __tsan_destroy_fiber(void* fiber);
    void __tsan_switch_to_fiber(void* fiber, unsigned flags);
    void* __tsan_get_current_fiber();
    void __tsan_acquire(void* tag);
    void __tsan_release(void* tag);
}
#elif defined(EMU_ASAN)
extern "C"
{
    void __sanitizer_start_switch_fiber(void** fakeStack, const void* bottom, size_t size);
    void __sanitizer_finish_switch_fiber(void* fakeStack, const void** bottom, size_t* size);
    void __asan_unpoison_memory_region(void const volatile* address, size_t size);
}
#endif

namespace emu::sanitizer
{
#if defined(EMU_TSAN)

constexpr bool StacksNeedFreshShadow = true;
constexpr bool BlocksNeedTheirOwnMemory = true;
constexpr unsigned WithoutSynchronization = 1;

struct Fiber
{
    void* state;
};

inline void* schedulerFiber;

inline void acquire(void* tag) { __tsan_acquire(tag); }
inline void release(void* tag) { __tsan_release(tag); }
inline void beginLaunch() { schedulerFiber = __tsan_get_current_fiber(); }
inline void create(Fiber& fiber) { fiber.state = __tsan_create_fiber(0); }

// Numbers of fibers are used again, and accesses under one number are never a race: so those of the last blocks are kept.
inline std::deque<void*> returned;

inline void destroyReturned(size_t kept)
{
    while (returned.size() > kept)
    {
        __tsan_destroy_fiber(returned.front());
        returned.pop_front();
    }
}

inline void destroy(Fiber& fiber)
{
    constexpr size_t Kept = 2048;
    returned.push_back(fiber.state);
    destroyReturned(Kept);
}

inline void endLaunch() { destroyReturned(0); }

inline void toFiber(Fiber& fiber, const void*, size_t) { __tsan_switch_to_fiber(fiber.state, WithoutSynchronization); }
inline void backInScheduler() {}
inline void toScheduler(Fiber&, bool) { __tsan_switch_to_fiber(schedulerFiber, WithoutSynchronization); }
inline void backInFiber(Fiber&) {}
inline void entered() {}
inline void forgetStacks(const void*, size_t) {}

#elif defined(EMU_ASAN)

constexpr bool StacksNeedFreshShadow = false;
constexpr bool BlocksNeedTheirOwnMemory = true;

struct Fiber
{
    void* fakeStack;
};

inline void* schedulerFakeStack;
inline const void* schedulerBottom;
inline size_t schedulerSize;

inline void acquire(void*) {}
inline void release(void*) {}
inline void beginLaunch() {}
inline void create(Fiber& fiber) { fiber.fakeStack = nullptr; }
inline void destroy(Fiber&) {}
inline void endLaunch() {}
inline void toFiber(Fiber&, const void* bottom, size_t size)
{
    __sanitizer_start_switch_fiber(&schedulerFakeStack, bottom, size);
}
inline void backInScheduler() { __sanitizer_finish_switch_fiber(schedulerFakeStack, nullptr, nullptr); }
inline void toScheduler(Fiber& fiber, bool forGood)
{
    __sanitizer_start_switch_fiber(forGood ? nullptr : &fiber.fakeStack, schedulerBottom, schedulerSize);
}
inline void backInFiber(Fiber& fiber)
{
    __sanitizer_finish_switch_fiber(fiber.fakeStack, &schedulerBottom, &schedulerSize);
}
inline void entered() { __sanitizer_finish_switch_fiber(nullptr, &schedulerBottom, &schedulerSize); }
inline void forgetStacks(const void* memory, size_t size) { __asan_unpoison_memory_region(memory, size); }

#else

constexpr bool StacksNeedFreshShadow = false;
constexpr bool BlocksNeedTheirOwnMemory = false;

struct Fiber
{
};

inline void acquire(void*) {}
inline void release(void*) {}
inline void beginLaunch() {}
inline void create(Fiber&) {}
inline void destroy(Fiber&) {}
inline void endLaunch() {}
inline void toFiber(Fiber&, const void*, size_t) {}
inline void backInScheduler() {}
inline void toScheduler(Fiber&, bool) {}
inline void backInFiber(Fiber&) {}
inline void entered() {}
inline void forgetStacks(const void*, size_t) {}

#endif
}
