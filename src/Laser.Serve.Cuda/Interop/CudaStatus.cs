using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Laser.Serve.Compute;

namespace Laser.Serve.Cuda.Interop;

/// <summary>Status codes of the libraries to exceptions.</summary>
internal static unsafe class CudaStatus
{
    private const string Unnamed = "an error without a name";

    /// <summary>Throws unless a driver call worked.</summary>
    /// <param name="result">The call itself, so that the error can name it.</param>
    /// <param name="call">Left to the compiler.</param>
    /// <exception cref="DeviceLostException">The context is unusable from now on.</exception>
    /// <exception cref="CudaException">The call failed otherwise.</exception>
    public static void Check(CuResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != CuResult.Success)
        {
            Throw(result, call);
        }
    }

    /// <summary>Throws unless a call of the run-time compiler worked.</summary>
    /// <inheritdoc cref="Check(CuResult, string)" />
    public static void Check(NvrtcResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != NvrtcResult.Success)
        {
            throw Error(result, NameOf(call));
        }
    }

    /// <summary>The exception for a failed driver call; a <see cref="DeviceLostException"/> around it where nothing can follow.</summary>
    public static Exception Error(CuResult result, string operation)
    {
        bool isNamed = Driver.cuGetErrorName(result, out byte* name) == CuResult.Success;
        var error = new CudaException(operation, (int)result, isNamed ? Text(name) : Unnamed);
        return error.IsDeviceLost ? new DeviceLostException(error.Message, error) : error;
    }

    /// <summary>The exception for a failed call of the run-time compiler.</summary>
    public static CudaException Error(NvrtcResult result, string operation, string log = "") =>
        new(operation, (int)result, Text(Nvrtc.nvrtcGetErrorString(result)), log);

    [DoesNotReturn]
    private static void Throw(CuResult result, string call) => throw Error(result, NameOf(call));

    private static string Text(byte* name) => Marshal.PtrToStringUTF8((nint)name) ?? Unnamed;

    // "Driver.cuMemFree_v2(address)" to "cuMemFree_v2".
    private static string NameOf(string call)
    {
        string function = call.Split('(')[0];
        return function[(function.LastIndexOf('.') + 1)..];
    }
}
