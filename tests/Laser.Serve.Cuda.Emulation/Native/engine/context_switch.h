// A change of stacks on x86-64.
#pragma once

/// Saves the callee's registers and the stack pointer, and goes on where `load` was saved.
extern "C" void emu_switch(void** save, void* load);

namespace emu
{
/// A stack on which `emu_switch` enters `entry`, which must not return. `top` is a multiple of 16.
void* prepareStack(char* top, void (*entry)());
}
