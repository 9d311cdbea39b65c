#pragma once

#include "../kernel/emu_engine.h"
#include "copy_queue.h"
#include "sanitizers.h"

namespace emu
{
enum class State : unsigned char
{
    Ready,
    AtBarrier,
    AtWarpOperation,
    Returned,
};

/// A CUDA thread.
struct Fiber : Thread
{
    int number;             // within the block
    int warp;
    State state;
    int operation;          // the warp operation that it waits at
    unsigned mask;
    void* stackPointer;     // where it goes on; null before it starts
    int stack;
    CopyQueue copies;
    sanitizer::Fiber sanitizer;

    // How many warp operations of all lanes and of some it was at, and the tag by which others wait for it.
    unsigned fullOperations;
    unsigned partialOperations;
    void* completedTag;
};
}
