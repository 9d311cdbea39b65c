using Laser.Serve.Cuda.Compilation;

namespace Laser.Serve.Cuda.Attention;

/// <summary>The kernels of attention, compiled for one cache.</summary>
internal sealed class AttentionKernels
{
    private const string AppendSource = "AttentionAppend.cu";
    private const string AttendSource = "Attend.cu";
    private const string FinishSource = "AttendFinish.cu";
    private const string OpenSource = "OpenBlocks.cu";

    /// <summary>Compiles them.</summary>
    public AttentionKernels(KernelLibrary kernels, AttentionShape shape)
    {
        Check = kernels.Get(AppendSource, "attention_check", shape.Defines);
        Append = kernels.Get(AppendSource, "attention_append", shape.Defines);
        Commit = kernels.Get(AppendSource, "attention_commit", shape.Defines);
        Attend = kernels.Get(AttendSource, "attend", shape.Defines);
        Finish = kernels.Get(FinishSource, "attend_finish", shape.Defines);
        Truncate = kernels.Get(OpenSource, "open_truncate", shape.Defines);
        Copy = kernels.Get(OpenSource, "open_copy", shape.Defines);
        Release = kernels.Get(OpenSource, "block_release", shape.Defines);
        Attend.ReserveSharedMemory(shape.SharedBytes);
    }

    /// <summary>Faults sequences with values out of range.</summary>
    public CudaKernel Check { get; }

    /// <summary>Appends rows to blocks.</summary>
    public CudaKernel Append { get; }

    /// <summary>Settles what is open, and raw pages.</summary>
    public CudaKernel Commit { get; }

    /// <summary>Sums over segments.</summary>
    public CudaKernel Attend { get; }

    /// <summary>Adds segments up.</summary>
    public CudaKernel Finish { get; }

    /// <summary>Takes rows back.</summary>
    public CudaKernel Truncate { get; }

    /// <summary>Copies an open block.</summary>
    public CudaKernel Copy { get; }

    /// <summary>Gives raw pages back.</summary>
    public CudaKernel Release { get; }
}
