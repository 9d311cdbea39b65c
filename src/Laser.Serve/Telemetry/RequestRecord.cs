using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Telemetry;

/// <summary>
/// What becomes of a call, gathered where it happens for whoever tells of it at its end. It goes along with the call, so that what
/// generates needs to know nothing of protocols.
/// </summary>
internal sealed class RequestRecord
{
    private static readonly AsyncLocal<RequestRecord?> Ambient = new();

    /// <summary>That of the call in progress; null outside of calls.</summary>
    public static RequestRecord? Current => Ambient.Value;

    /// <summary>How the last text ended: <c>none</c> if there was none, <c>cancelled</c> while it is not complete.</summary>
    public string FinishReason { get; private set; } = "none";

    /// <summary>A call begins.</summary>
    public static RequestRecord Begin() => Ambient.Value = new RequestRecord();

    /// <summary>A generation begins.</summary>
    public void Started() => FinishReason = "cancelled";

    /// <summary>There is output.</summary>
    public void Generated(TokenOutput output)
    {
        if (output.Final is { } summary)
        {
            FinishReason = summary.FinishReason switch
            {
                Engine.Requests.FinishReason.Stop => "stop",
                Engine.Requests.FinishReason.Length => "length",
                _ => "time_limit",
            };
        }
    }

    /// <summary>A generation was refused, or failed.</summary>
    public void Failed() => FinishReason = "error";
}
