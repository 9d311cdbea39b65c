using System.Runtime.InteropServices;

namespace Laser.Serve.Cuda.Interop;

/// <summary>
/// The calls of the CUDA driver API that are used, under their own names. Call nothing here before
/// <see cref="NativeLibraries.TryLoad"/> has found <see cref="NativeLibraries.Driver"/>.
/// </summary>
internal static unsafe partial class Driver
{
    private const string Library = "cuda";

    [LibraryImport(Library)]
    public static partial CuResult cuInit(uint flags);

    [LibraryImport(Library)]
    public static partial CuResult cuDriverGetVersion(out int version);

    [LibraryImport(Library)]
    public static partial CuResult cuGetErrorName(CuResult error, out byte* name);

    [LibraryImport(Library)]
    public static partial CuResult cuDeviceGetCount(out int count);

    [LibraryImport(Library)]
    public static partial CuResult cuDeviceGet(out CuDevice device, int index);

    [LibraryImport(Library)]
    public static partial CuResult cuDeviceGetName(byte* name, int length, CuDevice device);

    [LibraryImport(Library)]
    public static partial CuResult cuDeviceGetAttribute(out int value, DeviceAttribute attribute, CuDevice device);

    [LibraryImport(Library)]
    public static partial CuResult cuDevicePrimaryCtxRetain(out CuContext context, CuDevice device);

    [LibraryImport(Library)]
    public static partial CuResult cuDevicePrimaryCtxRelease_v2(CuDevice device);

    [LibraryImport(Library)]
    public static partial CuResult cuCtxSetCurrent(CuContext context);

    [LibraryImport(Library)]
    public static partial CuResult cuMemGetInfo_v2(out nuint free, out nuint total);

    [LibraryImport(Library)]
    public static partial CuResult cuMemAlloc_v2(out ulong address, nuint bytes);

    [LibraryImport(Library)]
    public static partial CuResult cuMemFree_v2(ulong address);

    [LibraryImport(Library)]
    public static partial CuResult cuMemHostAlloc(out byte* pointer, nuint bytes, uint flags);

    [LibraryImport(Library)]
    public static partial CuResult cuMemFreeHost(byte* pointer);

    [LibraryImport(Library)]
    public static partial CuResult cuMemcpyHtoDAsync_v2(ulong target, byte* source, nuint bytes, CuStream stream);

    [LibraryImport(Library)]
    public static partial CuResult cuMemcpyDtoHAsync_v2(byte* target, ulong source, nuint bytes, CuStream stream);

    [LibraryImport(Library)]
    public static partial CuResult cuMemsetD8Async(ulong target, byte value, nuint bytes, CuStream stream);

    [LibraryImport(Library)]
    public static partial CuResult cuStreamCreate(out CuStream stream, uint flags);

    [LibraryImport(Library)]
    public static partial CuResult cuStreamDestroy_v2(CuStream stream);

    [LibraryImport(Library)]
    public static partial CuResult cuStreamSynchronize(CuStream stream);

    [LibraryImport(Library)]
    public static partial CuResult cuStreamBeginCapture_v2(CuStream stream, int mode);

    [LibraryImport(Library)]
    public static partial CuResult cuStreamEndCapture(CuStream stream, out CuGraph graph);

    [LibraryImport(Library)]
    public static partial CuResult cuEventCreate(out CuEvent created, uint flags);

    [LibraryImport(Library)]
    public static partial CuResult cuEventDestroy_v2(CuEvent destroyed);

    [LibraryImport(Library)]
    public static partial CuResult cuEventRecord(CuEvent recorded, CuStream stream);

    [LibraryImport(Library)]
    public static partial CuResult cuEventSynchronize(CuEvent awaited);

    [LibraryImport(Library)]
    public static partial CuResult cuGraphInstantiateWithFlags(out CuGraphExec exec, CuGraph graph, ulong flags);

    [LibraryImport(Library)]
    public static partial CuResult cuGraphLaunch(CuGraphExec exec, CuStream stream);

    [LibraryImport(Library)]
    public static partial CuResult cuGraphDestroy(CuGraph graph);

    [LibraryImport(Library)]
    public static partial CuResult cuGraphExecDestroy(CuGraphExec exec);

    [LibraryImport(Library)]
    public static partial CuResult cuModuleLoadData(out CuModule module, byte* image);

    [LibraryImport(Library)]
    public static partial CuResult cuModuleUnload(CuModule module);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial CuResult cuModuleGetFunction(out CuFunction function, CuModule module, string name);

    [LibraryImport(Library)]
    public static partial CuResult cuFuncSetAttribute(CuFunction function, int attribute, int value);

    [LibraryImport(Library)]
    public static partial CuResult cuLaunchKernel(
        CuFunction function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, CuStream stream, void** arguments, void** extra);
}
