// Included before a .cu file that is to run on the processor (g++ -include emu.h).
#pragma once

#define LZ_EMU 1

#include "emu_types.h"
#include "emu_engine.h"
#include "emu_kernel.h"
#include "emu_math.h"
#include "emu_warp.h"
#include "emu_matrix.h"
#include "emu_copy.h"
#include "emu_atomics.h"
#include "emu_keywords.h"
