using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Laser.Serve.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Laser.Serve.Logging;

/// <summary>
/// An event as one line of JSON. .NET's own formatter nests scopes in a list, where a search for a request or a trace does not find
/// them; here they are fields of the line.
/// </summary>
internal sealed class JsonLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name in the configuration of the console.</summary>
    public const string FormatterName = "laser-json";

    private const string OriginalFormat = "{OriginalFormat}";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc />
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", NameOf(logEntry.LogLevel));
            json.WriteString("category", logEntry.Category);
            json.WriteNumber("event_id", logEntry.EventId.Id);
            json.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            WriteFields(json, logEntry.State, scopeProvider);
            if (logEntry.Exception is { } exception)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    // Of two fields with one name the first stays: what the event says of itself, then the request, then the trace.
    private static void WriteFields(Utf8JsonWriter json, object? state, IExternalScopeProvider? scopes)
    {
        HashSet<string> written = ["timestamp", "level", "category", "event_id", "message", "exception"];
        foreach ((string key, object? value) in state as IReadOnlyList<KeyValuePair<string, object?>> ?? [])
        {
            Write(json, written, key, value);
        }

        scopes?.ForEachScope(
            static (scope, state) =>
            {
                // Scopes of the host repeat what is known, under names that mean something else here.
                foreach ((string key, object? value) in scope as RequestRecord ?? (IEnumerable<KeyValuePair<string, object?>>)[])
                {
                    Write(state.json, state.written, key, value);
                }
            },
            (json, written));
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            Write(json, written, "trace_id", activity.TraceId.ToHexString());
            Write(json, written, "span_id", activity.SpanId.ToHexString());
        }
    }

    private static void Write(Utf8JsonWriter json, HashSet<string> written, string key, object? value)
    {
        if (key == OriginalFormat || value is null)
        {
            return;
        }

        string name = JsonNamingPolicy.SnakeCaseLower.ConvertName(key);
        if (!written.Add(name))
        {
            return;
        }

        json.WritePropertyName(name);
        switch (value)
        {
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or long or short or byte or uint:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
