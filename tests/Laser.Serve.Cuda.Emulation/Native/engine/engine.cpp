#include "engine.h"

#include <cstdlib>

#include "context_switch.h"
#include "failure.h"

namespace emu
{
extern "C"
{
Thread* emu_thread = nullptr;
Block emu_block;
}

Engine* const Engine::Instance = new Engine();

// From the fiber that runs back to the scheduler. Inline, for every return behind a change of stacks is mispredicted.
inline void Engine::suspend()
{
    Fiber& fiber = current();
    bool forGood = fiber.state == State::Returned || _failure != 0;
    sanitizer::toScheduler(fiber.sanitizer, forGood);
    emu_switch(&fiber.stackPointer, _schedulerStack);
    sanitizer::backInFiber(fiber.sanitizer);
}

static void enterFiber()
{
    engine().run();
}

int Engine::launch(const LaunchRequest& request)
{
    _request = request;
    _schedule = Schedule(_scheduleNumber);
    _hostThread = pthread_self();
    _threadCount = request.block.x * request.block.y * request.block.z;
    _warpCount = (_threadCount + 31) / 32;
    _failure = 0;
    _waitedForPredecessor = false;
    emu_block.index = {};
    if (_threadCount == 0 || _threadCount > StackPool::Count || request.sharedBytes > SharedMemory::Limit)
    {
        fail(FailureLaunch, "the shape of the launch is impossible");
        return _failure;
    }

    sanitizer::beginLaunch();
    sanitizer::release(&_beginTag);
    runGrid();
    sanitizer::acquire(&_endTag);
    _shared.endLaunch();
    _tagPool.endLaunch();
    sanitizer::endLaunch();
    if (_failure == 0 && request.overlapsPredecessor && !_waitedForPredecessor)
    {
        fail(FailureLaunch, "launched to overlap its predecessor, the kernel never waits for it");
    }

    return _failure;
}

void Engine::runGrid()
{
    dim3 grid = _request.grid;
    emu_block.grid = grid;
    emu_block.size = _request.block;
    emu_block.sharedBytes = _request.sharedBytes;
    uint64_t count = (uint64_t)grid.x * grid.y * grid.z;
    for (uint64_t i = 0; i < count && _failure == 0; i++)
    {
        uint64_t number = _schedule.block(i, count);
        emu_block.index.x = number % grid.x;
        emu_block.index.y = number / grid.x % grid.y;
        emu_block.index.z = number / grid.x / grid.y;
        runBlock(number);
    }
}

void Engine::runBlock(uint64_t number)
{
    int order[32];
    _schedule.warps(order, _warpCount, number);
    emu_block.shared = _shared.fresh(_request.sharedBytes);
    beginFibers();
    while (_returned < _threadCount && _failure == 0)
    {
        runWarps(order);
    }

    endFibers();
}

void Engine::beginFibers()
{
    _stacks.reset(_threadCount);
    _tags = &_tagPool.fresh();
    _atBarrier = 0;
    _returned = 0;
    _barriers = 0;
    uint3 index{ 0, 0, 0 };
    for (int i = 0; i < _threadCount; i++)
    {
        Fiber& fiber = _fibers[i];
        fiber.index = index;
        fiber.number = i;
        fiber.warp = i / 32;
        fiber.lane = i % 32;
        fiber.state = State::Ready;
        fiber.stackPointer = nullptr;
        fiber.copies.clear();
        fiber.fullOperations = 0;
        fiber.partialOperations = 0;
        sanitizer::create(fiber.sanitizer);
        if (++index.x == emu_block.size.x)
        {
            index.x = 0;
            if (++index.y == emu_block.size.y)
            {
                index.y = 0;
                index.z++;
            }
        }
    }

    for (int i = 0; i < _warpCount; i++)
    {
        _warps[i].begin(&_fibers[i * 32], _threadCount - i * 32, *_tags);
    }
}

void Engine::endFibers()
{
    for (int i = 0; i < _threadCount; i++)
    {
        sanitizer::destroy(_fibers[i].sanitizer);
    }

    if (_failure != 0)
    {
        sanitizer::forgetStacks(_stacks.bottom(0), _threadCount * StackPool::Bytes);
    }
}

// One round over all warps; then whatever everybody waits for.
void Engine::runWarps(const int* order)
{
    bool moved = false;
    for (int i = 0; i < _warpCount && _failure == 0; i++)
    {
        moved |= runWarp(_warps[order[i]]);
    }

    if (_failure != 0 || _returned == _threadCount)
    {
        return;
    }

    if (_atBarrier == _threadCount)
    {
        releaseBarrier();
    }
    else if (_atBarrier > 0 && _atBarrier + _returned == _threadCount)
    {
        fail(FailureLaunch, "__syncthreads after some threads have returned");
    }
    else if (!moved)
    {
        fail(FailureLaunch, whyDeadlock());
    }
}

const char* Engine::whyDeadlock() const
{
    for (int i = 0; i < _warpCount; i++)
    {
        if (_warps[i].isMixedUp())
        {
            return "lanes of a warp meet at different operations or with different masks";
        }
    }

    return "deadlock: threads wait for others that never come";
}

bool Engine::runWarp(Warp& warp)
{
    bool moved = warp.ready != 0;
    while (warp.ready != 0 && _failure == 0)
    {
        runReadyLanes(warp);
        warp.complete();
    }

    return moved;
}

void Engine::runReadyLanes(Warp& warp)
{
    unsigned rest = warp.ready;
    warp.ready = 0;
    while (rest != 0 && _failure == 0)
    {
        int lane = _schedule.lanesDescend() ? 31 - __builtin_clz(rest) : __builtin_ctz(rest);
        rest &= ~(1u << lane);
        resume(warp.lane(lane));
    }
}

void Engine::resume(Fiber& fiber)
{
    if (fiber.stackPointer == nullptr)
    {
        fiber.stack = _stacks.take(fiber.number);
        fiber.stackPointer = prepareStack(_stacks.top(fiber.stack), enterFiber);
    }

    emu_thread = &fiber;
    sanitizer::toFiber(fiber.sanitizer, _stacks.bottom(fiber.stack), StackPool::Bytes);
    emu_switch(&_schedulerStack, fiber.stackPointer);
    sanitizer::backInScheduler();
    emu_thread = nullptr;
    if (fiber.state == State::Returned)
    {
        _stacks.giveBack(fiber.stack);
        _returned++;
    }
}

void Engine::run()
{
    sanitizer::entered();
    sanitizer::acquire(&_beginTag);
    _request.kernel(_request.argument);
    sanitizer::release(&_endTag);
    if (!current().copies.empty())
    {
        failInKernel(FailureLaunch, "the thread returns with cp.async not waited for");
    }

    current().state = State::Returned;
    suspend();
    abort();
}

void Engine::waitAtBarrier()
{
    char* tag = &_tags->barrier[_barriers & 1];
    sanitizer::release(tag);
    current().state = State::AtBarrier;
    _atBarrier++;
    suspend();
    sanitizer::acquire(tag);
}

void Engine::releaseBarrier()
{
    _atBarrier = 0;
    _barriers++;
    for (int i = 0; i < _warpCount; i++)
    {
        _warps[i].releaseBarrier();
    }
}

const Slot* Engine::waitAtWarpOperation(int operation, unsigned mask, const void* value, size_t bytes)
{
    Fiber& fiber = current();
    Warp& warp = _warps[fiber.warp];
    fiber.operation = operation;
    fiber.mask = mask & warp.liveLanes();
    if (!(fiber.mask >> fiber.lane & 1))
    {
        failInKernel(FailureLaunch, "a lane calls a warp operation whose mask leaves it out");
    }

    warp.arrive(fiber, value, bytes);
    suspend();
    return warp.collect(fiber);
}

void Engine::failInKernel(int code, const char* why)
{
    fail(code, why);
    suspend(); // for good: this fiber never goes on
    abort();
}

void Engine::fail(int code, const char* why)
{
    _failure = code;
    describeFailure(_request.name, why, _fibers, _threadCount);
}
}
