namespace Laser.Serve.Model.Checkpoints;

/// <summary>
/// A checkpoint folder cannot be served: a file is broken, or says something this server does not compute.
/// </summary>
public sealed class CheckpointException : Exception
{
    private const int LongestMessage = 1000;

    /// <summary>Names the file and what is wrong with it, in one line.</summary>
    /// <param name="file">The file or folder.</param>
    /// <param name="problem">What was expected and what was found.</param>
    /// <param name="inner">What led here, if anything was thrown.</param>
    public CheckpointException(string file, string problem, Exception? inner = null)
        : base(OneLine($"{file}: {problem}"), inner)
    {
    }

    // Names in a file are chosen by whoever wrote it: no line breaks or escape sequences into logs, and no books.
    private static string OneLine(string message)
    {
        if (message.Length > LongestMessage)
        {
            message = message[..LongestMessage] + "...";
        }

        return message.Any(char.IsControl) ? string.Concat(message.Select(c => char.IsControl(c) ? '?' : c)) : message;
    }
}
