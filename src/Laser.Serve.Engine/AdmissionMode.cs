namespace Laser.Serve.Engine;

/// <summary>What a request must find free before it starts.</summary>
public enum AdmissionMode
{
    /// <summary>All the cache it can come to need, which is kept for it. Nothing that runs ever has to give way.</summary>
    Reserve,

    /// <summary>
    /// The cache its prompt needs, and a little more. It takes the rest block by block, and where there is none left,
    /// the one that stands last in the queue's order gives its blocks back and is computed again later. Serves more at a
    /// time where requests ask for many more tokens than they generate.
    /// </summary>
    Optimistic,
}
