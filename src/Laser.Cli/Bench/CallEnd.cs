namespace Laser.Cli.Bench;

/// <summary>How a call ended.</summary>
internal enum CallEnd
{
    /// <summary>With all that was asked for.</summary>
    Finished,

    /// <summary>By its own client, who gave up as planned.</summary>
    Cancelled,

    /// <summary>By the time limit that it asked for.</summary>
    TimedOut,

    /// <summary>With a status other than OK.</summary>
    Failed,

    /// <summary>With the bench, which was interrupted.</summary>
    Interrupted,
}
