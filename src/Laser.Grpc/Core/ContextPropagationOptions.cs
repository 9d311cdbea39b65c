namespace Grpc.Core;

/// <summary>What a <see cref="ContextPropagationToken"/> hands on.</summary>
public class ContextPropagationOptions
{
    /// <summary>Deadline and cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Creates options.</summary>
    /// <param name="propagateDeadline">Whether the deadline is handed on.</param>
    /// <param name="propagateCancellation">Whether cancellation is handed on.</param>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether the deadline is handed on.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether cancellation is handed on.</summary>
    public bool IsPropagateCancellation { get; }
}
