// The keywords of CUDA, for a C++ compiler.
#pragma once

#define __global__
#define __device__
#define __host__
#define __constant__ static const
// Survives from block to block and is never poisoned: use dynamic shared memory.
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __builtin_assume(condition) ((void)0)

#define threadIdx (emu::emu_thread->index)
#define blockIdx (emu::emu_block.index)
#define blockDim (emu::emu_block.size)
#define gridDim (emu::emu_block.grid)
#define warpSize 32

#define __syncthreads() emu::emu_syncthreads()
#define __threadfence() emu::emu_threadfence()
#define __threadfence_block() ((void)0)
#define __trap() emu::emu_fail(emu::FailureLaunch, "__trap")
