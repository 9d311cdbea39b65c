using System.Text;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Compilation;

/// <summary>Compiles programs to machine code with NVRTC.</summary>
internal static unsafe class KernelCompiler
{
    /// <summary>Name and version of the compiler.</summary>
    public static string Version()
    {
        CudaStatus.Check(Nvrtc.nvrtcVersion(out int major, out int minor));
        return $"NVRTC {major}.{minor}";
    }

    /// <summary>Compiles a program.</summary>
    /// <exception cref="CudaException">It has errors; the log tells them.</exception>
    public static byte[] Compile(KernelProgram program)
    {
        CudaStatus.Check(Nvrtc.nvrtcCreateProgram(
            out NvrtcProgram handle, program.Text, program.Name,
            program.HeaderNames.Length, program.HeaderTexts, program.HeaderNames));
        try
        {
            NvrtcResult result = Nvrtc.nvrtcCompileProgram(handle, program.Options.Length, program.Options);
            if (result != NvrtcResult.Success)
            {
                string operation = $"Compiling {program.Name} with {string.Join(' ', program.Options)}";
                throw CudaStatus.Error(result, operation, Log(handle));
            }

            return Image(handle);
        }
        finally
        {
            _ = Nvrtc.nvrtcDestroyProgram(ref handle);
        }
    }

    private static string Log(NvrtcProgram program)
    {
        if (Nvrtc.nvrtcGetProgramLogSize(program, out nuint bytes) != NvrtcResult.Success)
        {
            return "";
        }

        byte[] log = new byte[bytes];
        fixed (byte* start = log)
        {
            _ = Nvrtc.nvrtcGetProgramLog(program, start);
        }

        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
    }

    private static byte[] Image(NvrtcProgram program)
    {
        CudaStatus.Check(Nvrtc.nvrtcGetCUBINSize(program, out nuint bytes));
        byte[] image = new byte[bytes];
        fixed (byte* start = image)
        {
            CudaStatus.Check(Nvrtc.nvrtcGetCUBIN(program, start));
        }

        return image;
    }
}
