using System.Collections;
using System.Diagnostics;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Telemetry;

/// <summary>
/// What becomes of a call, gathered where it happens for whoever tells of it at its end. It goes along with the call, so that what
/// generates needs to know nothing of protocols. It is a scope of logs too, which names the request in each line.
/// </summary>
/// <param name="span">The call's span; null if nobody listens.</param>
internal sealed class RequestRecord(Activity? span) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>Key of the request's name in a scope.</summary>
    public const string RequestIdKey = "request_id";

    private static readonly AsyncLocal<RequestRecord?> Ambient = new();

    private readonly Activity? _span = span is { IsAllDataRequested: true } ? span : null;
    private readonly Lock _writing = new();
    private volatile string? _requestId;
    private volatile string _finishReason = "none";

    /// <summary>That of the call in progress; null outside of calls.</summary>
    public static RequestRecord? Current => Ambient.Value;

    /// <summary>How the last text ended: <c>none</c> if there was none, <c>cancelled</c> while it is not complete.</summary>
    public string FinishReason => _finishReason;

    /// <summary>Whether <see cref="Write"/> leads anywhere.</summary>
    public bool HasSpan => _span is not null;

    /// <inheritdoc />
    public int Count => _requestId is null ? 0 : 1;

    /// <inheritdoc />
    public KeyValuePair<string, object?> this[int index] => new(RequestIdKey, _requestId);

    /// <summary>A call begins.</summary>
    public static RequestRecord Begin(Activity? span) => Ambient.Value = new RequestRecord(span);

    /// <summary>The call has a name, of the client's or made for it.</summary>
    public void Name(string requestId) => _requestId = requestId;

    /// <summary>A generation is about to start.</summary>
    public void Started() => _finishReason = "cancelled";

    /// <summary>A sequence has ended.</summary>
    public void Finished(FinishReason reason) => _finishReason = NameOf(reason);

    /// <summary>A generation was refused, or failed.</summary>
    public void Failed() => _finishReason = "error";

    /// <summary>Writes to the call's span, if it is recorded. A call's generations run side by side; they write one at a time.</summary>
    public void Write(Action<Activity> write)
    {
        if (_span is not null)
        {
            lock (_writing)
            {
                write(_span);
            }
        }
    }

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        if (Count > 0)
        {
            yield return this[0];
        }
    }

    /// <inheritdoc />
    public override string ToString() => $"{RequestIdKey}:{_requestId}";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static string NameOf(FinishReason reason) => reason switch
    {
        Engine.Requests.FinishReason.Stop => "stop",
        Engine.Requests.FinishReason.Length => "length",
        Engine.Requests.FinishReason.TimeLimit => "time_limit",
        Engine.Requests.FinishReason.Cancelled => "cancelled",
        _ => "error",
    };
}
