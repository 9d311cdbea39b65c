namespace Laser.Serve.Engine.Sequences;

/// <summary>Where a sequence stands.</summary>
internal enum SequenceStatus
{
    /// <summary>In the queue, perhaps not for the first time; holds no memory of the cache.</summary>
    Waiting,

    /// <summary>Has its blocks; some of its tokens are computed in every step with budget left.</summary>
    Running,

    /// <summary>Ended in whatever way; has given its blocks back.</summary>
    Finished,
}
