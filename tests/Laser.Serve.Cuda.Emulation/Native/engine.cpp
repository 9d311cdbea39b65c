// The engine alone, for programs that bring their kernels along and want a sanitizer: built with -DEMU_ASAN or -DEMU_TSAN, but
// never with -fsanitize itself.
#include "engine/context_switch.cpp"
#include "engine/engine.cpp"
#include "engine/failure.cpp"
#include "engine/faults.cpp"
#include "engine/kernel_calls.cpp"
#include "engine/schedule.cpp"
#include "engine/shared_memory.cpp"
#include "engine/stack_pool.cpp"
#include "engine/warp.cpp"
#include "engine/warp_combine.cpp"
