using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

[Collection(EmulationGroup.Name)]
public class MatrixTests
{
    private const int M = 16;
    private const int N = 8;
    private const int K = 16;

    // Fragments filled element by element, as the PTX manual numbers them; A [16][16] and B [16][8] in bf16, D [16][8] in fp32.
    private const string Multiply = """
        __global__ void multiply(const unsigned short* a, const unsigned short* b, float* d)
        {
            int group = threadIdx.x / 4;
            int inGroup = threadIdx.x % 4;
            unsigned fa[4];
            unsigned fb[2];
            float fd[4];
            for (int i = 0; i < 8; i++)
            {
                int row = group + (i / 2 % 2) * 8;
                int k = inGroup * 2 + i % 2 + (i / 4) * 8;
                ((unsigned short*)fa)[i] = a[row * 16 + k];
            }

            for (int i = 0; i < 4; i++)
            {
                int k = inGroup * 2 + i % 2 + (i / 2) * 8;
                ((unsigned short*)fb)[i] = b[k * 8 + group];
                fd[i] = d[(group + i / 2 * 8) * 8 + inGroup * 2 + i % 2];
            }

            emu::mma16816(fd, fa, fb);
            for (int i = 0; i < 4; i++)
            {
                d[(group + i / 2 * 8) * 8 + inGroup * 2 + i % 2] = fd[i];
            }
        }
        """;

    // Four 8x8 matrices of numbers, one behind the other in shared memory.
    private const string LoadMatrices = """
        __global__ void load(unsigned* output)
        {
            SMEM(unsigned short, values);
            for (int i = threadIdx.x; i < 256; i += 32)
            {
                values[i] = i;
            }

            __syncwarp();
            unsigned r[4];
            emu::ldmatrix4(r, values + threadIdx.x * 8 + OFFSET, TRANSPOSED);
            for (int m = 0; m < 4; m++)
            {
                output[threadIdx.x * 4 + m] = r[m];
            }
        }
        """;

    [CudaFact]
    public void Mma_OfRandomMatrices_EqualsPlainLoops()
    {
        using var device = new EmulatedDevice();
        var random = new Random(5);
        float[] a = Values(random, M * K);
        float[] b = Values(random, K * N);
        float[] c = Values(random, M * N);
        ulong d = device.Upload<float>(c);
        nint kernel = device.Kernel(Multiply);

        Assert.Equal(
            DriverCodes.Success,
            EmulatedDevice.Launch(kernel, 1, 32, 0, device.Upload<ushort>(Narrow(a)), device.Upload<ushort>(Narrow(b)), d));

        float[] expected = [.. Enumerable.Range(0, M * N).Select(i => c[i] + Dot(a, b, i / N, i % N))];
        Assert.Equal(expected, EmulatedDevice.Download<float>(d, M * N));
    }

    [CudaTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void LoadMatrix_OfFour_GivesEachLaneItsPair(bool transposed)
    {
        using var device = new EmulatedDevice();
        ulong output = device.Allocate(32 * 4 * sizeof(uint));
        nint kernel = device.Kernel(LoadMatrices, "OFFSET=0", $"TRANSPOSED={(transposed ? "true" : "false")}");

        Assert.Equal(DriverCodes.Success, EmulatedDevice.Launch(kernel, 1, 32, 512, output));

        uint[] pairs = EmulatedDevice.Download<uint>(output, 32 * 4);
        for (int i = 0; i < pairs.Length; i++)
        {
            (int lane, int matrix) = (i / 4, i % 4);
            (int row, int column) = (lane / 4, lane % 4 * 2);
            int first = transposed ? (column * 8) + row : (row * 8) + column;
            int second = transposed ? first + 8 : first + 1;
            Assert.Equal((uint)((matrix * 64) + first | ((matrix * 64) + second) << 16), pairs[i]);
        }
    }

    [CudaTheory]
    [InlineData(1, DriverCodes.MisalignedAddress, "not a multiple of 16")]
    [InlineData(256, DriverCodes.IllegalAddress, "not in shared memory")]
    public void LoadMatrix_OfABadAddress_Fails(int offset, int code, string message)
    {
        using var device = new EmulatedDevice();
        nint kernel = device.Kernel(LoadMatrices, $"OFFSET={offset}", "TRANSPOSED=false");

        Assert.Equal(code, EmulatedDevice.Launch(kernel, 1, 32, 512, device.Allocate(512)));
        Assert.Contains(message, EmulatedCuda.LastMessage, StringComparison.Ordinal);
    }

    // Numbers that bf16 has exactly.
    private static float[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(-100, 100) / 8f)];

    private static ushort[] Narrow(float[] values) =>
        [.. values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))];

    private static float Dot(float[] a, float[] b, int row, int column)
    {
        float sum = 0;
        for (int k = 0; k < K; k++)
        {
            sum += a[(row * K) + k] * b[(k * N) + column];
        }

        return sum;
    }
}
