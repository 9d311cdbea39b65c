// cp.async. It lands at the wait (even schedules: a missing wait or barrier shows as poison) or at once (odd ones: a tile that is
// overwritten too early shows).
#pragma once

#include "emu_matrix.h"

namespace emu
{
/// cp.async.cg.shared.global of 16 bytes; zeros where `ok` is false.
inline void cp_async16(void* destination, const void* source, bool ok)
{
    if ((uintptr_t)destination % 16 != 0 || (ok && (uintptr_t)source % 16 != 0))
    {
        emu_fail(FailureMisalignedAddress, "cp.async: an address is not a multiple of 16");
    }

    requireShared(destination, 16, "cp.async: the destination is not in shared memory");
    uint4 value = ok ? *(const uint4*)source : uint4{};
    if (emu_cp_lands_at_once())
    {
        *(uint4*)destination = value;
    }
    else
    {
        emu_cp_push(destination, &value);
    }
}

/// cp.async.wait_group: all groups but the newest `keep` have landed.
inline void cp_wait(int keep)
{
    PendingCopy copies[16];
    int count;
    while ((count = emu_cp_take(keep, copies, 16)) > 0)
    {
        for (int i = 0; i < count; i++)
        {
            *(uint4*)copies[i].destination = copies[i].value;
        }
    }
}
}
