#pragma once

#include "../kernel/emu_engine.h"

namespace emu
{
/// Turns what the lanes of `mask` brought into what they get, where that is not the values themselves.
void combine(int operation, unsigned mask, Slot* slots);
}
