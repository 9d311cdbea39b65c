#pragma once

#include <pthread.h>

#include "../kernel/emu_engine.h"
#include "fiber.h"
#include "schedule.h"
#include "shared_memory.h"
#include "stack_pool.h"
#include "warp.h"

namespace emu
{
/// Runs grids on the processor: a fiber a thread, one block after the other, and a warp as far as it can before the next one
/// starts. So a missing barrier shows as poison, or as a difference between schedules. One launch at a time in a process.
class Engine
{
public:
    /// Never destroyed: a process may end while a kernel runs.
    static Engine* const Instance;

    int launch(const LaunchRequest& request);

    // Called by kernels.
    void waitAtBarrier();
    const Slot* waitAtWarpOperation(int operation, unsigned mask, const void* value, size_t bytes);
    [[noreturn]] void failInKernel(int code, const char* why);
    [[noreturn]] void run();

    Fiber& current()
    {
        return *static_cast<Fiber*>(emu_thread);
    }

    /// Whether the calling thread is in a kernel right now.
    bool isInKernel() const
    {
        return emu_thread != nullptr && pthread_equal(_hostThread, pthread_self());
    }

    char* topOfCurrentStack()
    {
        return _stacks.top(current().stack);
    }

    void setSchedule(int number)
    {
        _scheduleNumber = number;
    }

    bool copiesLandAtOnce() const
    {
        return _schedule.copiesLandAtOnce();
    }

    void noteDependencyWait()
    {
        _waitedForPredecessor = true;
    }

    char* fenceTag()
    {
        return &_fenceTag;
    }

private:
    void runGrid();
    void runBlock(uint64_t number);
    void runWarps(const int* order);
    bool runWarp(Warp& warp);
    void runReadyLanes(Warp& warp);
    void resume(Fiber& fiber);
    void suspend();
    void beginFibers();
    void endFibers();
    void releaseBarrier();
    const char* whyDeadlock() const;
    void fail(int code, const char* why);

    LaunchRequest _request{};
    int _scheduleNumber = 0;
    Schedule _schedule{ 0 };
    int _threadCount = 0;
    int _warpCount = 0;
    int _atBarrier = 0;
    int _returned = 0;
    unsigned _barriers = 0;
    int _failure = 0;
    bool _waitedForPredecessor = false;
    void* _schedulerStack = nullptr;
    pthread_t _hostThread{};
    StackPool _stacks;
    SharedMemory _shared;
    Fiber _fibers[1024];
    Warp _warps[32];
    TagPool _tagPool;
    BlockTags* _tags = nullptr;
    char _beginTag;
    char _endTag;
    char _fenceTag;
};

inline Engine& engine()
{
    return *Engine::Instance;
}
}
