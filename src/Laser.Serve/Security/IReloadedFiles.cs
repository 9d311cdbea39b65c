namespace Laser.Serve.Security;

/// <summary>Something made from files that may change while the server runs.</summary>
internal interface IReloadedFiles
{
    /// <summary>What is in use, for people; tells nothing secret.</summary>
    string Description { get; }

    /// <summary>Looks at the files, and makes the thing anew if they are not as they were at the last look.</summary>
    /// <returns>Whether there is something new in use.</returns>
    /// <exception cref="ArgumentException">
    /// What is new is of no use; the thing in use stays. Thrown once for the same problem.
    /// </exception>
    bool Refresh();
}
