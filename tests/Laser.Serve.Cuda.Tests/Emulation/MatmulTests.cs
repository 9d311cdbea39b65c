namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public unsafe class MatmulTests
{
    private const int Float = 0;
    private const int TransposeA = 3;
    private const int InvalidValue = 7;

    // D[2][3] (columns first) = 2 * A' B + 10 C, A [k=2][m=2], B [k=2][n=3].
    private static readonly float[] A = [1, 2, 3, 4];
    private static readonly float[] B = [1, 0, 0, 1, 1, 1];
    private static readonly float[] C = [1, 1, 1, 1, 1, 2];

    [CudaFact]
    public void Matmul_OfATransposedMatrix_EqualsTheSumsByHand()
    {
        using var device = new EmulatedDevice();
        ulong d = device.Allocate(6 * sizeof(float));

        Assert.Equal(0, Run(device, d));
        Assert.Equal([12f, 16f, 14f, 18f, 16f, 34f], EmulatedDevice.Download<float>(d, 6));
    }

    [CudaFact]
    public void Matmul_BeyondItsMemory_IsRefused()
    {
        using var device = new EmulatedDevice();

        Assert.Equal(InvalidValue, Run(device, device.Allocate(5 * sizeof(float))));
    }

    private static int Run(EmulatedDevice device, ulong d)
    {
        nint description;
        int transpose = 1;
        float alpha = 2;
        float beta = 10;
        _ = ((delegate* unmanaged<nint*, int, int, int>)NativeDriver.Export("cublasLtMatmulDescCreate"))(&description, 68, Float);
        _ = ((delegate* unmanaged<nint, int, void*, nuint, int>)NativeDriver.Export("cublasLtMatmulDescSetAttribute"))(
            description, TransposeA, &transpose, sizeof(int));
        nint a = Layout(2, 2);
        nint b = Layout(2, 3);
        nint c = Layout(2, 3);
        ulong dataA = device.Upload<float>(A);
        ulong dataB = device.Upload<float>(B);
        ulong dataC = device.Upload<float>(C);
        int code =
            ((delegate* unmanaged<
                nint, nint, float*, ulong, nint, ulong, nint, float*, ulong, nint, ulong, nint, nint, nint, nuint, nint, int>)
                NativeDriver.Export("cublasLtMatmul"))(
                0, description, &alpha, dataA, a, dataB, b, &beta, dataC, c, d, c, 0, 0, 0, 0);
        foreach (nint layout in (nint[])[a, b, c])
        {
            _ = ((delegate* unmanaged<nint, int>)NativeDriver.Export("cublasLtMatrixLayoutDestroy"))(layout);
        }

        _ = ((delegate* unmanaged<nint, int>)NativeDriver.Export("cublasLtMatmulDescDestroy"))(description);
        return code;
    }

    private static nint Layout(ulong rows, ulong columns)
    {
        nint layout;
        Assert.Equal(
            0,
            ((delegate* unmanaged<nint*, int, ulong, ulong, long, int>)NativeDriver.Export("cublasLtMatrixLayoutCreate"))(
                &layout, Float, rows, columns, (long)rows));
        return layout;
    }
}
