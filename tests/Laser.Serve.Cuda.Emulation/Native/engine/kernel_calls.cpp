// What kernels and the driver call.
#include <cstdlib>

#include "engine.h"

namespace emu
{
extern "C"
{
int emu_launch(const LaunchRequest* request)
{
    static const bool scheduleFromEnvironment = []
    {
        const char* order = getenv("EMU_ORDER");
        if (order != nullptr)
        {
            engine().setSchedule(atoi(order));
        }

        return order != nullptr;
    }();
    (void)scheduleFromEnvironment;
    return engine().launch(*request);
}

void emu_set_schedule(int schedule)
{
    engine().setSchedule(schedule);
}

void emu_fail(int code, const char* why)
{
    engine().failInKernel(code, why);
}

unsigned char* emu_smem()
{
    return emu_block.shared;
}

void emu_syncthreads()
{
    engine().waitAtBarrier();
}

// Fences order blocks by one place that all of them meet at.
void emu_threadfence()
{
    sanitizer::acquire(engine().fenceTag());
    sanitizer::release(engine().fenceTag());
}

const Slot* emu_collect(int operation, unsigned mask, const void* value, size_t bytes)
{
    return engine().waitAtWarpOperation(operation, mask, value, bytes);
}

bool emu_cp_lands_at_once()
{
    return engine().copiesLandAtOnce();
}

void emu_cp_push(void* destination, const uint4* value)
{
    engine().current().copies.push(destination, *value);
}

void emu_cp_commit()
{
    engine().current().copies.commit();
}

int emu_cp_take(int keep, PendingCopy* copies, int capacity)
{
    return engine().current().copies.take(keep, copies, capacity);
}

void emu_dependency_wait()
{
    engine().noteDependencyWait();
}
}
}
