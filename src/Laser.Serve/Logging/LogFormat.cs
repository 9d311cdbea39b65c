namespace Laser.Serve.Logging;

/// <summary>How log lines look.</summary>
public enum LogFormat
{
    /// <summary>JSON in a container, text elsewhere.</summary>
    Auto,

    /// <summary>For people.</summary>
    Text,

    /// <summary>For programs: an object a line.</summary>
    Json,
}
