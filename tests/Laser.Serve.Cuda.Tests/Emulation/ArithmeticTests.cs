namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class ArithmeticTests
{
    // 1 + 2^-12 squared, minus the square rounded to 24 bits: a fused multiply-add sees the rest, 2^-24.
    private const float A = 1f + (1f / 4096);
    private const float C = -(1f + (2f / 4096));

    [CudaTheory]
    [InlineData("fmaf(a, a, c)", 1f / 16777216)]
    [InlineData("__fmaf_rn(a, a, c)", 1f / 16777216)]
    [InlineData("a * a + c", 0f)]
    [InlineData("(float)fma((double)a, (double)a, (double)c)", 1f / 16777216)]
    [InlineData("__uint_as_float(__float_as_uint(a))", A)]
    [InlineData("__int_as_float(__float_as_int(c))", C)]
    [InlineData("(float)__longlong_as_double(__double_as_longlong(a))", A)]
    [InlineData("min(a, c)", C)]
    [InlineData("max(a, NAN)", A)]
    [InlineData("__popc(0xff00u) + __popcll(1ull << 40)", 9f)]
    [InlineData("__clz(1) + __clz(0)", 63f)]
    [InlineData("__ldg(&a)", A)]
    [InlineData("emu::bf2f(emu::f2bf(1.01171875f))", 1.015625f)]
    [InlineData("__float2int_rn(2.5f)", 2f)]
    public void Expression_OnTheDevice_IsExact(string expression, float expected)
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(
            "__global__ void compute(float a, float c, float* output) { *output = EXPRESSION; }", $"EXPRESSION={expression}");
        ulong output = device.Allocate(sizeof(float));

        Assert.Equal(
            DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, 1, 0, EmulatedDevice.Cell(A), EmulatedDevice.Cell(C), output));
        Assert.Equal(expected, EmulatedDevice.Download<float>(output, 1)[0]);
    }
}
