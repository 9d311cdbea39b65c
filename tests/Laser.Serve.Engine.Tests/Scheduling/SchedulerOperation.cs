namespace Laser.Serve.Engine.Tests.Scheduling;

/// <summary>What can happen to a scheduler.</summary>
internal enum SchedulerOperationKind
{
    /// <summary>A request comes, with so many tokens in its prompt and to generate, and further wishes.</summary>
    Submit,

    /// <summary>One that lives is cancelled.</summary>
    Cancel,

    /// <summary>From now on a step takes so many milliseconds, squared.</summary>
    Slow,

    /// <summary>A step in which one of its sequences fails.</summary>
    Fail,

    /// <summary>A step.</summary>
    Step,
}

/// <summary>One event, with numbers that say which and how.</summary>
internal sealed record SchedulerOperation(SchedulerOperationKind Kind, int First = 0, int Second = 0, int Third = 0);
