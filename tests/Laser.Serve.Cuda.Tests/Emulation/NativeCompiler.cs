using System.Runtime.InteropServices;
using System.Text;

namespace Laser.Serve.Cuda.Tests.Emulation;

/// <summary>A program compiled by the emulated NVRTC.</summary>
internal sealed unsafe class NativeCompiler
{
    private static readonly string[] Defaults = ["--gpu-architecture=sm_90", "--std=c++17"];

    private NativeCompiler(int code, string log, byte[] image)
    {
        Code = code;
        Log = log;
        Image = image;
    }

    /// <summary>What nvrtcCompileProgram returned; 0 on success.</summary>
    public int Code { get; }

    public string Log { get; }

    /// <summary>The machine code; empty where there is none.</summary>
    public byte[] Image { get; }

    /// <summary>Compiles with the options, or with those for sm_90 where there are none.</summary>
    public static NativeCompiler Compile(string source, params string[] options)
    {
        nint program = 0;
        nint text = Marshal.StringToCoTaskMemUTF8(source);
        nint name = Marshal.StringToCoTaskMemUTF8("test.cu");
        int created = ((delegate* unmanaged<nint*, nint, nint, int, nint, nint, int>)NativeDriver.Export("nvrtcCreateProgram"))(
            &program, text, name, 0, 0, 0);
        Assert.Equal(0, created);
        int code = Run(program, options.Length == 0 ? Defaults : options);
        string log = Encoding.UTF8.GetString(Read(program, "nvrtcGetProgramLog")).TrimEnd('\0');
        byte[] image = code == 0 ? Read(program, "nvrtcGetCUBIN") : [];
        _ = ((delegate* unmanaged<nint*, int>)NativeDriver.Export("nvrtcDestroyProgram"))(&program);
        Marshal.FreeCoTaskMem(text);
        Marshal.FreeCoTaskMem(name);
        return new NativeCompiler(code, log, image);
    }

    private static int Run(nint program, string[] options)
    {
        nint[] texts = [.. options.Select(Marshal.StringToCoTaskMemUTF8)];
        int code;
        fixed (nint* first = texts)
        {
            code = ((delegate* unmanaged<nint, int, nint*, int>)NativeDriver.Export("nvrtcCompileProgram"))(
                program, texts.Length, first);
        }

        Array.ForEach(texts, Marshal.FreeCoTaskMem);
        return code;
    }

    private static byte[] Read(nint program, string call)
    {
        nuint size = 0;
        Assert.Equal(0, ((delegate* unmanaged<nint, nuint*, int>)NativeDriver.Export($"{call}Size"))(program, &size));
        byte[] bytes = new byte[(int)size];
        if (bytes.Length > 0)
        {
            fixed (byte* first = bytes)
            {
                Assert.Equal(0, ((delegate* unmanaged<nint, byte*, int>)NativeDriver.Export(call))(program, first));
            }
        }

        return bytes;
    }
}
