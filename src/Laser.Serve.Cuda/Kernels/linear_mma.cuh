// One order of summation for bf16 weights on tensor cores, whatever kernel computes: see LinearMma.cu and LinearMmaTiled.cu.
//
// Weights are the a operand (16 outputs), inputs rounded to bf16 the b operand (8 rows), products are exact, sums fp32. A
// segment of 512 inputs starts from zero and goes on in blocks of 32, each of them two instructions. Where the inputs of a
// block stand in an instruction is dealt so that a lane needs 16 bytes in a row: of the lanes that share an output or a row,
// t = lane % 4 holds inputs 8t .. 8t + 7, of which the first four go to the first instruction and the others to the second.
// Segments are added in ascending order to zero, then the bias.
#pragma once
#include "common.cuh"

#define SEGMENT 512
#define BLOCK_INPUTS 32

// sums[16 outputs x 8 rows] += weights * inputs over a block of 32 inputs. With g = lane / 4: `lower` is of output g, `upper`
// of output g + 8, `inputs` of row g; sums as lz_mma has them.
__device__ __forceinline__ void multiply_block(float* sums, uint4 lower, uint4 upper, uint4 inputs)
{
    unsigned a0[4] = { lower.x, upper.x, lower.y, upper.y };
    unsigned b0[2] = { inputs.x, inputs.y };
    lz_mma(sums, a0, b0);
    unsigned a1[4] = { lower.z, upper.z, lower.w, upper.w };
    unsigned b1[2] = { inputs.z, inputs.w };
    lz_mma(sums, a1, b1);
}
