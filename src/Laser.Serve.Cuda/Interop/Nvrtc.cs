using System.Runtime.InteropServices;

namespace Laser.Serve.Cuda.Interop;

/// <summary>
/// The calls of the run-time compiler that are used, under their own names. Call nothing here before
/// <see cref="NativeLibraries.TryLoad"/> has found <see cref="NativeLibraries.Nvrtc"/>.
/// </summary>
internal static unsafe partial class Nvrtc
{
    private const string Library = "nvrtc";

    [LibraryImport(Library)]
    public static partial NvrtcResult nvrtcVersion(out int major, out int minor);

    [LibraryImport(Library)]
    public static partial byte* nvrtcGetErrorString(NvrtcResult result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NvrtcResult nvrtcCreateProgram(
        out NvrtcProgram program, string source, string name, int headerCount, string[] headers, string[] includeNames);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial NvrtcResult nvrtcCompileProgram(NvrtcProgram program, int optionCount, string[] options);

    [LibraryImport(Library)]
    public static partial NvrtcResult nvrtcDestroyProgram(ref NvrtcProgram program);

    [LibraryImport(Library)]
    public static partial NvrtcResult nvrtcGetProgramLogSize(NvrtcProgram program, out nuint bytes);

    [LibraryImport(Library)]
    public static partial NvrtcResult nvrtcGetProgramLog(NvrtcProgram program, byte* log);

    [LibraryImport(Library)]
    public static partial NvrtcResult nvrtcGetCUBINSize(NvrtcProgram program, out nuint bytes);

    [LibraryImport(Library)]
    public static partial NvrtcResult nvrtcGetCUBIN(NvrtcProgram program, byte* image);
}
