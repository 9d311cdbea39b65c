namespace Laser.Serve.Cuda.Emulation;

/// <summary>
/// The device that tests of the CUDA backend run on: the emulated one, or this machine's own where <c>LASER_TEST_DEVICE</c> is
/// <c>cuda</c>. Then nothing is built, and a test whose device is not there fails.
/// </summary>
public static class TestedCuda
{
    private const string Choice = "LASER_TEST_DEVICE";
    private const string LibraryPath = "LASER_CUDA_PATH";

    /// <summary>Whether it is this machine's own, fast enough for everything.</summary>
    public static bool IsReal => Environment.GetEnvironmentVariable(Choice) == "cuda";

    /// <summary>
    /// Folder that keeps compiled kernels from one backend to the next: tests make hundreds of them. The emulation has one of its own.
    /// </summary>
    public static string? KernelCache => IsReal ? Path.Combine(AppContext.BaseDirectory, "kernel-cache") : null;

    /// <summary>Whether tests of CUDA can run here; if not, why.</summary>
    public static bool IsAvailable(out string reason)
    {
        reason = "";
        return IsReal || EmulatedCuda.IsAvailable(out reason);
    }

    /// <summary>Makes the product find the device's libraries. Everything that opens a device does this first.</summary>
    public static void UseLibrary()
    {
        if (!IsReal)
        {
            Environment.SetEnvironmentVariable(LibraryPath, EmulatedCuda.Library);
        }
    }
}
