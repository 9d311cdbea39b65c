using Laser.Serve.Compute;
using Laser.Serve.Cpu;
using Laser.Serve.Cuda;
using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>The backends that the golden tests run on.</summary>
internal static class TestBackends
{
    public const string Cpu = "Cpu";
    public const string Cuda = "Cuda";

    /// <summary>Those there are here.</summary>
    public static string[] Names => TestedCuda.IsAvailable(out _) ? [Cpu, Cuda] : [Cpu];

    /// <summary>Every backend with every case. Over the emulation of CUDA only those of <paramref name="emulated"/>, null for all.</summary>
    public static TheoryData<string, string> With(IEnumerable<string> cases, string[]? emulated = null)
    {
        var data = new TheoryData<string, string>();
        foreach (string name in Names)
        {
            foreach (string one in cases.Where(one => name == Cpu || TestedCuda.IsReal || emulated is null || emulated.Contains(one)))
            {
                data.Add(name, one);
            }
        }

        return data;
    }

    /// <summary>Activations in fp32, on the processor.</summary>
    public static IBackend Create() => Create(Cpu);

    /// <summary>Activations in fp32.</summary>
    public static IBackend Create(string name) => name == Cuda
        ? CreateCuda(exactInputs: true)
        : new CpuBackend(new CpuOptions { BFloat16Dot = BFloat16DotProduct.Off });

    /// <summary>Activations rounded to bf16 where weights are, if the processor can; else the same.</summary>
    public static IBackend CreateRounding(string name) => name == Cuda ? CreateCuda(exactInputs: false) : new CpuBackend(new CpuOptions());

    private static CudaBackend CreateCuda(bool exactInputs)
    {
        TestedCuda.UseLibrary();
        return new CudaBackend(new CudaOptions { ExactInputs = exactInputs, KernelCache = TestedCuda.KernelCache });
    }
}
