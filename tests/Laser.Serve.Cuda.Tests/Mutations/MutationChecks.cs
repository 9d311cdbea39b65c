using Laser.Serve.Compute;
using Laser.Serve.Cuda.Tests.Attention;
using Laser.Serve.Cuda.Tests.Linear;
using Laser.Serve.Cuda.Tests.Operations;

namespace Laser.Serve.Cuda.Tests.Mutations;

/// <summary>Tests that look for planted bugs, those that find most of them first.</summary>
internal static class MutationChecks
{
    private const DataType Bf16 = DataType.BFloat16;
    private const DataType Fp32 = DataType.Float32;

    public static IReadOnlyList<(string Name, Action Run)> Attention { get; } =
    [
        ("bound, bf16", () => Schedules(tests => tests.Attend_CalmWideAndRawBlocks_WithinBound(Bf16, Bf16, 16, 16))),
        ("bound, fp32", () => Schedules(tests => tests.Attend_CalmWideAndRawBlocks_WithinBound(Fp32, Fp32, 16, 16))),
        ("schedules, bf16", () => Schedules(tests => tests.Attend_EverySchedule_SameBits(Bf16, Bf16, 16, 16))),
        ("schedules, fp32", () => Schedules(tests => tests.Attend_EverySchedule_SameBits(Fp32, Fp32, 16, 16))),
        ("schedules, 144 channels", () => Schedules(tests => tests.Attend_EverySchedule_SameBits(Fp32, Bf16, 144, 16))),
        ("softclamp and floor", () => Schedules(tests => tests.Attend_SoftclampAndLogFloor_WithinBound(Bf16))),
        ("segments", () => Passes(tests => tests.Attend_SeveralSegments_WithinBound(Bf16))),
        ("passes", () => Passes(tests => tests.Attend_OneSegmentAPass_SameBitsAsInOnePass(Bf16))),
        ("wide block", () => new RareBlockTests().Attend_TinyWeightInAWideBlock_IsNotLost(Bf16)),
        ("large shift", () => new RareBlockTests().Attend_ShiftTooLargeAtFirst_BlockStaysRaw(Bf16, false)),
        ("large shift, copied", () => new RareBlockTests().Attend_ShiftTooLargeAtFirst_BlockStaysRaw(Bf16, true)),
        ("split queries", () => new SplittingTests().Attend_QueriesOfFullPrecision_ScoresLoseNothing()),
        ("split weights", () => new SplittingTests().Attend_ValuesThatAreExact_WeightsLoseNothing()),
        ("ordinary attention", () => Schedules(tests => tests.Attend_OrdinaryAttention_WithinBound(Bf16))),
    ];

    public static IReadOnlyList<(string Name, Action Run)> Rows { get; } =
    [
        ("rms norm", () => new RmsNormOperationTests().Launch_RowsOfAnyMagnitude_IsTheFormula(1000)),
        ("head norm", () => new RmsNormOperationTests().LaunchHeads_SomeColumns_NormalisesThemOnly(7, 9, 64, 1)),
        ("rotary", () => new RotaryOperationTests().Launch_WholeAndPartialHeads_IsTheFormula(5, 34, 6, 1)),
        ("products on tensor cores",
            () => new LinearOperationTests().Launch_AnyShapeAndRows_IsTheProductWithTheBitsOfARowAlone(Bf16, false)),
        ("kernels of tensor cores", () => new LinearOperationTests().Launch_EveryKernelOfTensorCores_SameBits(20, 1100, 200)),
        ("products by multiply-adds",
            () => new LinearOperationTests().Launch_AnyShapeAndRows_IsTheProductWithTheBitsOfARowAlone(Fp32, false)),
        ("int8 products",
            () => new QuantizedLinearTests().Launch_AnyShapeAndRows_IsTheProductOfTheQuantizedWeights(Fp32, 9, 1100)),
        ("schedules, tensor cores", () => Products(tests => tests.Linear_EverySchedule_SameBits(Bf16, false, false))),
        ("schedules, multiply-adds", () => Products(tests => tests.Linear_EverySchedule_SameBits(Fp32, true, false))),
        ("schedules, norm", () => Products(tests => tests.RmsNorm_EverySchedule_SameBits())),
    ];

    private static void Schedules(Action<Attention.ScheduleTests> run)
    {
        using var tests = new Attention.ScheduleTests();
        run(tests);
    }

    private static void Passes(Action<PassesTests> run)
    {
        using var tests = new PassesTests();
        run(tests);
    }

    private static void Products(Action<Linear.ScheduleTests> run)
    {
        using var tests = new Linear.ScheduleTests();
        run(tests);
    }
}
