using System.Text.Json.Nodes;
using Laser.Serve.Hosting;
using Laser.Serve.Logging;
using Laser.Serve.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Laser.Serve.Tests.Logging;

public class JsonLogFormatterTests
{
    [Fact]
    public void Write_EventWithValuesAndError_IsOneLineWithAFieldEach()
    {
        string line = Write(
            [new("RequestCount", 3), new("Name", "a \"b\"\nc"), new("message", "hidden"), new("{OriginalFormat}", "x")],
            new InvalidOperationException("broken"));

        JsonNode json = JsonNode.Parse(line)!;
        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string?)json["timestamp"]);
        Assert.Equal("warning", (string?)json["level"]);
        Assert.Equal("Tests", (string?)json["category"]);
        Assert.Equal(7, (int?)json["event_id"]);
        Assert.Equal("the text", (string?)json["message"]);
        Assert.Equal(3, (int?)json["request_count"]);
        Assert.Equal("a \"b\"\nc", (string?)json["name"]);
        Assert.StartsWith("System.InvalidOperationException: broken", (string?)json["exception"]);
        Assert.Null(json["{OriginalFormat}"]);
    }

    [Fact]
    public void Write_InsideARequest_NamesIt()
    {
        var scopes = new LoggerExternalScopeProvider();
        var record = new RequestRecord(span: null);
        using IDisposable host = scopes.Push(new Dictionary<string, object?> { ["RequestId"] = "0HN1" });
        using IDisposable scope = scopes.Push(record);

        Assert.Null(JsonNode.Parse(Write([], null, scopes))!["request_id"]);
        record.Name("req-1");
        Assert.Equal("req-1", (string?)JsonNode.Parse(Write([], null, scopes))!["request_id"]);
        Assert.Equal("other", (string?)JsonNode.Parse(Write([new("RequestId", "other")], null, scopes))!["request_id"]);
    }

    [Theory]
    [InlineData("laser-json", "--Laser:LogFormat=Json")]
    [InlineData("simple", "--Laser:LogFormat=Text")]
    public async Task Build_LogFormat_ChoosesTheFormatter(string formatter, params string[] args)
    {
        await using WebApplication app = LaserServer.Build(["--grpc-port=0", "--http-port=0", .. args]);

        Assert.Equal(
            formatter, app.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
    }

    [Theory]
    [InlineData(LogFormat.Auto, "true", true)]
    [InlineData(LogFormat.Auto, "false", false)]
    [InlineData(LogFormat.Auto, null, false)]
    [InlineData(LogFormat.Text, "true", false)]
    [InlineData(LogFormat.Json, null, true)]
    public void IsJson_InAContainerOrAskedFor_IsTrue(LogFormat format, string? inContainer, bool isJson) =>
        Assert.Equal(isJson, LoggingExtensions.IsJson(format, inContainer));

    private static string Write(
        KeyValuePair<string, object?>[] state, Exception? exception, IExternalScopeProvider? scopes = null)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var entry = new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
            LogLevel.Warning, "Tests", new EventId(7), state, exception, (_, _) => "the text");
        new JsonLogFormatter(TimeProvider.System).Write(in entry, scopes, writer);
        return writer.ToString();
    }
}
