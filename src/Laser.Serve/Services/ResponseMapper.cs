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
        var response = new GenerateResponse { Text = output.Text, Index = (uint)output.Index };
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
                FinishReason.TimeLimit => WireFinishReason.TimeLimit,
                _ => throw new InvalidOperationException($"A stream cannot end normally with {summary.FinishReason}."),
            },
            Seed = request.Sampling.Seed,
            Usage = new Usage
            {
                PromptTokens = (uint)summary.PromptTokenCount,
                GeneratedTokens = (uint)summary.GeneratedTokenCount,
                CachedTokens = (uint)summary.CachedTokenCount,
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
