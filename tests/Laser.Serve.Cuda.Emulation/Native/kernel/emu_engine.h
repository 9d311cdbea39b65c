// What kernels, engine and driver know of one another. The engine is never built with a sanitizer; everything a kernel does to
// its own memory is inline in the headers beside this one, so that a sanitizer sees it.
#pragma once

#include "emu_types.h"

namespace emu
{
/// What a CUDA thread knows of itself.
struct Thread
{
    uint3 index;
    int lane;
    unsigned liveLanes; // those its warp has: fewer than 32 in the last warp of a block of an odd size
};

/// What all threads of a block know.
struct Block
{
    uint3 index;
    dim3 size;
    dim3 grid;
    unsigned char* shared;
    size_t sharedBytes;
};

/// What a lane hands to its warp, and what it gets back.
struct Slot
{
    alignas(16) unsigned char bytes[32];
};

/// 16 bytes on their way to shared memory.
struct PendingCopy
{
    void* destination;
    uint4 value;
};

/// Where the lanes of a warp meet; they must all meet at the same one.
enum WarpOperation : int
{
    WarpSync,
    WarpBallot,
    WarpShuffle,
    WarpShuffleUp,
    WarpShuffleDown,
    WarpShuffleXor,
    WarpMma,
    WarpLoadMatrix,
    WarpLoadMatrixTransposed,
};

/// Codes of the driver that end a kernel.
enum Failure : int
{
    FailureIllegalAddress = 700,
    FailureMisalignedAddress = 716,
    FailureLaunch = 719,
};

/// A kernel of a compiled program. `call` takes the addresses of the arguments.
struct KernelEntry
{
    const char* name;
    int maxThreads;
    int parameterCount;
    const size_t* parameterBytes;
    void (*call)(void** arguments);
};

struct LaunchRequest
{
    const char* name;
    dim3 grid;
    dim3 block;
    size_t sharedBytes;
    bool overlapsPredecessor; // launched as dependent: the kernel has to wait for its predecessor by itself
    void (*kernel)(void*);
    void* argument;
};

#pragma GCC visibility push(default)
extern "C"
{
    extern Thread* emu_thread; // the one that runs; null outside kernels
    extern Block emu_block;

    /// Runs a grid, one launch at a time in a process. 0, or the code of what went wrong, which emu_failure_message tells in
    /// words.
    int emu_launch(const LaunchRequest* request);
    const char* emu_failure_message();

    /// 0: warps and blocks ascending, 1: descending, others: pseudo-random. At even ones cp.async lands at the wait, at odd
    /// ones at once.
    void emu_set_schedule(int schedule);

    [[noreturn]] void emu_fail(int code, const char* why);
    unsigned char* emu_smem();
    void emu_syncthreads();
    void emu_threadfence();

    /// Waits for the lanes of `mask`. Gives the values of all of them, or what the operation makes of them, by lane.
    const Slot* emu_collect(int operation, unsigned mask, const void* value, size_t bytes);

    bool emu_cp_lands_at_once();
    void emu_cp_push(void* destination, const uint4* value);
    void emu_cp_commit();
    /// Hands out the copies of all groups but the newest `keep`, oldest first. The kernel stores them.
    int emu_cp_take(int keep, PendingCopy* copies, int capacity);

    /// What griddepcontrol.wait is.
    void emu_dependency_wait();
}
#pragma GCC visibility pop
}
