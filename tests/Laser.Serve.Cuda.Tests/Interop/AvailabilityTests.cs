using System.Reflection;
using System.Runtime.Loader;
using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Interop;

[Collection(EmulationGroup.Name)]
public class AvailabilityTests
{
    [CudaFact]
    public void IsAvailable_Emulation_IsTrue()
    {
        TestDevice.UseLibrary();

        Assert.True(CudaDevice.IsAvailable(out string reason), reason);
        Assert.Empty(reason);
    }

    [CudaFact]
    public void IsAvailable_NoLibraries_TellsInOneLineAndDoesNotThrow()
    {
        // The assembly once more, with statics of its own: here the libraries have been found already.
        AssemblyLoadContext fresh = new("fresh", isCollectible: true);
        Assembly assembly = fresh.LoadFromAssemblyPath(typeof(CudaDevice).Assembly.Location);
        Invoke(assembly, typeof(NativeLibraries), nameof(NativeLibraries.Override), "/nowhere");
        object?[] arguments = [null];

        object? available = Invoke(assembly, typeof(CudaDevice), nameof(CudaDevice.IsAvailable), arguments);

        string reason = Assert.IsType<string>(arguments[0]);
        if (available is false)
        {
            Assert.StartsWith(
                "CUDA is not available: libcuda.so.1 was not found (looked in /nowhere, the loader's path, ", reason);
            Assert.EndsWith("; set LASER_CUDA_PATH", reason);
            Assert.DoesNotContain('\n', reason);
        }
        else
        {
            Assert.Empty(reason); // a machine that has CUDA
        }

        fresh.Unload();
    }

    [CudaFact]
    public void Open_NoSuchDevice_IsRefused()
    {
        TestDevice.UseLibrary();

        Assert.Contains("no CUDA device 7", Assert.Throws<ArgumentException>(() => CudaDevice.Open(7)).Message);
    }

    [CudaFact]
    public void Override_OtherPathAfterLoading_IsRefused()
    {
        TestDevice.UseLibrary();
        Assert.True(CudaDevice.IsAvailable(out _));

        Assert.Throws<InvalidOperationException>(() => NativeLibraries.Override("/elsewhere"));
    }

    private static object? Invoke(Assembly assembly, Type type, string method, params object?[] arguments) =>
        assembly.GetType(type.FullName!)!.GetMethod(method)!.Invoke(null, arguments);
}
