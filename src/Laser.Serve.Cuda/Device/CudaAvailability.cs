using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Device;

/// <summary>Whether this process can compute with CUDA. Asking loads the libraries and never throws.</summary>
internal static class CudaAvailability
{
    /// <summary>What is missing, in one line; null where nothing is.</summary>
    public static string? Problem() => Missing() is { } missing ? $"CUDA is not available: {missing}" : null;

    private static string? Missing()
    {
        foreach (LibraryName library in (LibraryName[])[NativeLibraries.Driver, NativeLibraries.Nvrtc])
        {
            if (!NativeLibraries.TryLoad(library, out string problem))
            {
                return $"{problem}; set {LibraryFolders.Variable}";
            }
        }

        try
        {
            CudaStatus.Check(Driver.cuInit(0));
            CudaStatus.Check(Driver.cuDeviceGetCount(out int count));
            CudaStatus.Check(Nvrtc.nvrtcVersion(out _, out _));
            return count == 0 ? "there is no device" : null;
        }
        catch (Exception exception) when (exception is CudaException or EntryPointNotFoundException)
        {
            return exception.Message;
        }
    }
}
