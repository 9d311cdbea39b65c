using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Serve.FunctionalTests.Native;

public class StructuredOutputTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Generate_Choice_IsOneOfThem(ulong seed)
    {
        string[] texts = ["yes", "no", "perhaps", "\u00fcberhaupt nicht"];

        GeneratedSequence answer = await AnswerAsync(new Constraint { Choice = new Choices { Texts = { texts } } }, seed);

        Assert.Contains(answer.Text, texts);
        Assert.Equal(FinishReason.Stop, answer.Finish.Reason);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Generate_Regex_Matches(ulong seed)
    {
        const string Pattern = @"[A-Z][a-z]{2,8} (is|was) \d{1,3} years old\.";

        GeneratedSequence answer = await AnswerAsync(new Constraint { Regex = Pattern }, seed);

        Assert.Matches($"^(?:{Pattern})$", answer.Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Generate_JsonSchema_IsSuchADocument(ulong seed)
    {
        const string Schema = """
            {"type": "object",
             "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer"},
                            "kind": {"enum": ["king", "fool"]}},
             "required": ["name", "age", "kind"], "additionalProperties": false}
            """;

        GeneratedSequence answer = await AnswerAsync(new Constraint { JsonSchema = Schema }, seed);

        using JsonDocument document = JsonDocument.Parse(answer.Text);
        JsonElement root = document.RootElement;
        Assert.Equal(["name", "age", "kind"], root.EnumerateObject().Select(p => p.Name));
        Assert.Contains(root.GetProperty("kind").GetString(), new[] { "king", "fool" });
        Assert.Matches(new Regex("^-?(0|[1-9][0-9]*)$"), root.GetProperty("age").GetRawText());
    }

    [Theory]
    [InlineData("constraint", "")]
    [InlineData("constraint.choice", "choice")]
    [InlineData("constraint.regex", "regex")]
    [InlineData("constraint.json_schema", "json_schema")]
    public async Task Generate_BadConstraint_IsRefusedByName(string field, string kind)
    {
        GenerateRequest request = RunningServer.Request("The king", 4);
        request.Constraint = kind switch
        {
            "choice" => new Constraint { Choice = new Choices() },
            "regex" => new Constraint { Regex = "(a" },
            "json_schema" => new Constraint { JsonSchema = "{\"type\": \"strange\"}" },
            _ => new Constraint(),
        };

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => server.Client.GenerateOnceAsync(request));

        Assert.Equal((StatusCode.InvalidArgument, field), (e.StatusCode, e.Field()));
    }

    private async Task<GeneratedSequence> AnswerAsync(Constraint constraint, ulong seed)
    {
        GenerateRequest request = RunningServer.Request("The answer:", 200);
        request.Sampling = new SamplingParams { Temperature = 1, Seed = seed };
        request.Constraint = constraint;
        return (await server.Client.GenerateOnceAsync(request)).Sequences.Single();
    }
}
