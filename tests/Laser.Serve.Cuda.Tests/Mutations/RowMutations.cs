namespace Laser.Serve.Cuda.Tests.Mutations;

/// <summary>Bugs of matrix products and of operations on rows.</summary>
internal static class RowMutations
{
    private const string Fma = "LinearFma.cu";
    private const string Mma = "LinearMma.cu";
    private const string Tiled = "LinearMmaTiled.cu";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(
            "fma: bias added to every segment",
            Fma,
            "            total += sum;\n",
            "            total += segment > 0 && bias ? sum + bias[0] : sum;\n"),
        new(
            "fma: no barrier before segments are added",
            Fma,
            "        __syncthreads();\n        if (share != 0)",
            "        if (share != 0)"),
        new("fma: scale of a group forgotten", Fma, "lz_mul(scale, sums[r * COLUMNS + c]);", "sums[r * COLUMNS + c];"),
        new("fma: a row that is not there", Fma, "min(firstRow + r, rows - 1) * inputs;", "(firstRow + r) * inputs;"),
        new(
            "fma: a segment left out",
            Fma,
            "segment < segments; segment += sharers",
            "segment < segments - 1; segment += sharers"),
        new(
            "mma: no barrier before segments are added",
            Mma,
            "    __syncthreads();\n    for (int i = threadIdx.x; i < tileRows",
            "    for (int i = threadIdx.x; i < tileRows"),
        new(
            "mma: bias added to every segment",
            Mma,
            "total += segmentSums[segment * tileRows * OUTPUTS + i];",
            "total += segmentSums[segment * tileRows * OUTPUTS + i] + (bias ? bias[column] : 0.f);"),
        new("mma: outputs of a fragment swapped", Mma, "target[8] = sums[tile][2];", "target[8] = sums[tile][3];"),
        new(
            "mma: halves of inputs swapped",
            "linear_mma.cuh",
            "b1[2] = { inputs.z, inputs.w };",
            "b1[2] = { inputs.w, inputs.z };"),
        new("tiled: copies not waited for", Tiled, "            lz_cp_wait<STAGES - 2>();\n", ""),
        new("tiled: waits for one copy less", Tiled, "lz_cp_wait<STAGES - 2>();", "lz_cp_wait<STAGES - 1>();"),
        new("tiled: no barrier between steps", Tiled, "            __syncthreads(); // this step", "            // this step"),
        new(
            "tiled: sums of a segment not reset",
            Tiled,
            "                totals[i] += sums[i];\n                sums[i] = 0.f;",
            "                totals[i] += sums[i];"),
        new("tiled: rows that are not there", Tiled, "bool exists = first + row < end;", "bool exists = first + row <= end;"),
        new(
            "tiled: chunks swapped in one place only",
            Tiled,
            "lz_cp16(stage + place(row, chunk),",
            "lz_cp16(stage + row * STEP + chunk * 8,"),
        new(
            "norm: no barrier before warps are added",
            "common.cuh",
            "        shared[threadIdx.x / 32] = value;\n    __syncthreads();",
            "        shared[threadIdx.x / 32] = value;"),
        new("norm: heads that are not there", "RmsNorm.cu", "    if (head >= headCount)\n        return;\n", ""),
        new("rotary: sine with the wrong sign", "Rotary.cu", "fmaf(b, c, lz_mul(a, s));", "fmaf(b, c, -lz_mul(a, s));"),
    ];
}
