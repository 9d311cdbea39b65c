using System.Text;
using Laser.Serve.Engine.Requests;
using Laser.Serve.V1;
using FinishReason = Laser.Serve.Engine.Requests.FinishReason;
using WireFinishReason = Laser.Serve.V1.FinishReason;

namespace Laser.Serve.Services;

/// <summary>Engine outputs as messages.</summary>
internal static class ResponseMapper
{
    /// <summary>One message of a stream.</summary>
    public static GenerateResponse Map(TokenOutput output, GenerationRequest request)
    {
        var response = new GenerateResponse { Text = output.Text };
        AddIds(response.TokenIds, output.TokenIds);
        if (output.Final is { } summary)
        {
            response.Finish = Map(summary, request);
        }

        return response;
    }

    /// <summary>The end of a stream.</summary>
    public static Finish Map(GenerationSummary summary, GenerationRequest request)
    {
        var finish = new Finish
        {
            Reason = summary.FinishReason switch
            {
                FinishReason.Stop => WireFinishReason.Stop,
                FinishReason.Length => WireFinishReason.Length,
                _ => throw new InvalidOperationException($"A stream cannot end normally with {summary.FinishReason}."),
            },
            Seed = request.Sampling.Seed,
            Usage = new Usage
            {
                PromptTokens = (uint)summary.PromptTokenCount,
                GeneratedTokens = (uint)summary.GeneratedTokenCount,
            },
            Timings = new Timings
            {
                QueueSeconds = summary.QueueTime.TotalSeconds,
                PrefillSeconds = summary.PrefillTime.TotalSeconds,
                DecodeSeconds = summary.DecodeTime.TotalSeconds,
            },
        };
        if (summary.StopString is { } stopString)
        {
            finish.StopString = stopString;
        }
        else if (summary.StopTokenId is { } stopToken)
        {
            finish.StopTokenId = (uint)stopToken;
        }

        return finish;
    }

    /// <summary>Appends token ids to a repeated field.</summary>
    public static void AddIds(ICollection<uint> field, IReadOnlyList<int> ids)
    {
        foreach (int id in ids)
        {
            field.Add((uint)id);
        }
    }
}

/// <summary>Gathers a stream into the one message of a unary call.</summary>
internal sealed class WholeResponse
{
    private readonly StringBuilder _text = new();
    private readonly GenerateOnceResponse _response = new();
    private GenerationSummary? _summary;

    public void Add(TokenOutput output)
    {
        _text.Append(output.Text);
        ResponseMapper.AddIds(_response.TokenIds, output.TokenIds);
        _summary = output.Final ?? _summary;
    }

    public GenerateOnceResponse ToResponse(GenerationRequest request)
    {
        _response.Text = _text.ToString();
        _response.Finish = ResponseMapper.Map(
            _summary ?? throw new InvalidOperationException("The engine's stream had no last output."), request);
        return _response;
    }
}
