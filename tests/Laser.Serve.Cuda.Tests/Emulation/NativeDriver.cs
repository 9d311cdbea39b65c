using System.Runtime.InteropServices;
using Laser.Serve.Cuda.Emulation;

namespace Laser.Serve.Cuda.Tests.Emulation;

/// <summary>The calls of the emulated libraries, as they are: each returns the driver's code.</summary>
internal static unsafe class NativeDriver
{
    private static readonly nint Library = NativeLibrary.Load(EmulatedCuda.Library);

    public static int Init() => ((delegate* unmanaged<uint, int>)Export("cuInit"))(0);

    public static int RetainContext(nint* context, int device) =>
        ((delegate* unmanaged<nint*, int, int>)Export("cuDevicePrimaryCtxRetain"))(context, device);

    public static int ReleaseContext(int device) =>
        ((delegate* unmanaged<int, int>)Export("cuDevicePrimaryCtxRelease_v2"))(device);

    public static int SetContext(nint context) => ((delegate* unmanaged<nint, int>)Export("cuCtxSetCurrent"))(context);

    public static int DeviceCount(int* count) => ((delegate* unmanaged<int*, int>)Export("cuDeviceGetCount"))(count);

    public static int DeviceAttribute(int* value, int attribute, int device) =>
        ((delegate* unmanaged<int*, int, int, int>)Export("cuDeviceGetAttribute"))(value, attribute, device);

    public static string? ErrorName(int code) => Text("cuGetErrorName", code);

    public static string? ErrorText(int code) => Text("cuGetErrorString", code);

    public static int MemoryInfo(nuint* free, nuint* total) =>
        ((delegate* unmanaged<nuint*, nuint*, int>)Export("cuMemGetInfo_v2"))(free, total);

    public static int Allocate(ulong* address, long bytes) =>
        ((delegate* unmanaged<ulong*, nuint, int>)Export("cuMemAlloc_v2"))(address, (nuint)bytes);

    public static int Free(ulong address) => ((delegate* unmanaged<ulong, int>)Export("cuMemFree_v2"))(address);

    public static int AllocateHost(void** address, long bytes) =>
        ((delegate* unmanaged<void**, nuint, uint, int>)Export("cuMemHostAlloc"))(address, (nuint)bytes, 0);

    public static int FreeHost(void* address) => ((delegate* unmanaged<void*, int>)Export("cuMemFreeHost"))(address);

    public static int ToDevice(ulong to, void* from, long bytes) =>
        ((delegate* unmanaged<ulong, void*, nuint, int>)Export("cuMemcpyHtoD_v2"))(to, from, (nuint)bytes);

    public static int ToDevice(ulong to, void* from, long bytes, nint stream) =>
        ((delegate* unmanaged<ulong, void*, nuint, nint, int>)Export("cuMemcpyHtoDAsync_v2"))(to, from, (nuint)bytes, stream);

    public static int ToHost(void* to, ulong from, long bytes) =>
        ((delegate* unmanaged<void*, ulong, nuint, int>)Export("cuMemcpyDtoH_v2"))(to, from, (nuint)bytes);

    public static int ToHost(void* to, ulong from, long bytes, nint stream) =>
        ((delegate* unmanaged<void*, ulong, nuint, nint, int>)Export("cuMemcpyDtoHAsync_v2"))(to, from, (nuint)bytes, stream);

    public static int Fill(ulong address, byte value, long bytes, nint stream) =>
        ((delegate* unmanaged<ulong, byte, nuint, nint, int>)Export("cuMemsetD8Async"))(address, value, (nuint)bytes, stream);

    public static int CreateStream(nint* stream, uint flags) =>
        ((delegate* unmanaged<nint*, uint, int>)Export("cuStreamCreate"))(stream, flags);

    public static int DestroyStream(nint stream) => ((delegate* unmanaged<nint, int>)Export("cuStreamDestroy_v2"))(stream);

    public static int Synchronize(nint stream) => ((delegate* unmanaged<nint, int>)Export("cuStreamSynchronize"))(stream);

    public static int Query(nint stream) => ((delegate* unmanaged<nint, int>)Export("cuStreamQuery"))(stream);

    public static int CreateEvent(nint* handle) => ((delegate* unmanaged<nint*, uint, int>)Export("cuEventCreate"))(handle, 0);

    public static int DestroyEvent(nint handle) => ((delegate* unmanaged<nint, int>)Export("cuEventDestroy_v2"))(handle);

    public static int RecordEvent(nint handle, nint stream) =>
        ((delegate* unmanaged<nint, nint, int>)Export("cuEventRecord"))(handle, stream);

    public static int WaitForEvent(nint handle) => ((delegate* unmanaged<nint, int>)Export("cuEventSynchronize"))(handle);

    public static int WaitForEvent(nint stream, nint handle) =>
        ((delegate* unmanaged<nint, nint, uint, int>)Export("cuStreamWaitEvent"))(stream, handle, 0);

    public static int BeginCapture(nint stream, int mode) =>
        ((delegate* unmanaged<nint, int, int>)Export("cuStreamBeginCapture_v2"))(stream, mode);

    public static int EndCapture(nint stream, nint* graph) =>
        ((delegate* unmanaged<nint, nint*, int>)Export("cuStreamEndCapture"))(stream, graph);

    public static int Instantiate(nint* executable, nint graph) =>
        ((delegate* unmanaged<nint*, nint, ulong, int>)Export("cuGraphInstantiateWithFlags"))(executable, graph, 0);

    public static int LaunchGraph(nint executable, nint stream) =>
        ((delegate* unmanaged<nint, nint, int>)Export("cuGraphLaunch"))(executable, stream);

    public static int DestroyGraph(nint graph) => ((delegate* unmanaged<nint, int>)Export("cuGraphDestroy"))(graph);

    public static int DestroyExecutable(nint executable) =>
        ((delegate* unmanaged<nint, int>)Export("cuGraphExecDestroy"))(executable);

    public static int LoadModule(nint* module, byte* image) =>
        ((delegate* unmanaged<nint*, byte*, int>)Export("cuModuleLoadData"))(module, image);

    public static int UnloadModule(nint module) => ((delegate* unmanaged<nint, int>)Export("cuModuleUnload"))(module);

    public static int GetFunction(nint* function, nint module, string name)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(name);
        int code = ((delegate* unmanaged<nint*, nint, nint, int>)Export("cuModuleGetFunction"))(function, module, text);
        Marshal.FreeCoTaskMem(text);
        return code;
    }

    public static int SetAttribute(nint function, int attribute, int value) =>
        ((delegate* unmanaged<nint, int, int, int>)Export("cuFuncSetAttribute"))(function, attribute, value);

    public static int GetAttribute(int* value, int attribute, nint function) =>
        ((delegate* unmanaged<int*, int, nint, int>)Export("cuFuncGetAttribute"))(value, attribute, function);

    public static int Launch(
        nint function, (int X, int Y, int Z) grid, (int X, int Y, int Z) block, int sharedBytes, nint stream, void** arguments) =>
        ((delegate* unmanaged<nint, int, int, int, int, int, int, int, nint, void**, void**, int>)Export("cuLaunchKernel"))(
            function, grid.X, grid.Y, grid.Z, block.X, block.Y, block.Z, sharedBytes, stream, arguments, null);

    public static int LaunchEx(LaunchConfig* config, nint function, void** arguments) =>
        ((delegate* unmanaged<LaunchConfig*, nint, void**, void**, int>)Export("cuLaunchKernelEx"))(
            config, function, arguments, null);

    public static nint Export(string name) => NativeLibrary.GetExport(Library, name);

    private static string? Text(string call, int code)
    {
        nint text = 0;
        _ = ((delegate* unmanaged<int, nint*, int>)Export(call))(code, &text);
        return Marshal.PtrToStringUTF8(text);
    }
}
