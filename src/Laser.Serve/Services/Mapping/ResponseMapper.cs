using Google.Protobuf.Collections;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using FinishReason = Laser.Serve.Engine.Requests.FinishReason;
using TokenLogprob = Laser.Serve.Engine.Requests.TokenLogprob;
using WireFinishReason = Laser.Serve.V1.FinishReason;
using WireLogprob = Laser.Serve.V1.TokenLogprob;

namespace Laser.Serve.Services.Mapping;

/// <summary>The outputs of one request as messages, with what the request wants of them.</summary>
internal sealed class ResponseMapper
{
    private readonly GenerateRequest _request;
    private readonly GenerationRequest _generation;
    private readonly ServedModel _model;
    private readonly bool _wantsText;
    private readonly bool _wantsTokenIds;
    private bool _started;

    public ResponseMapper(GenerateRequest request, GenerationRequest generation, ServedModel model)
    {
        _request = request;
        _generation = generation;
        _model = model;
        _wantsText = request.Output is not { HasText: true, Text: false };
        _wantsTokenIds = request.Output is not { HasTokenIds: true, TokenIds: false };
    }

    /// <summary>The next message of the stream.</summary>
    public GenerateResponse Map(TokenOutput output)
    {
        var response = new GenerateResponse
        {
            Index = (uint)output.Index,
            Text = _wantsText ? output.Text : "",
            Finish = output.Final is { } summary ? Map(summary) : null,
            Prompt = _started ? null : Prompt(output),
        };
        _started = true;
        if (_wantsTokenIds)
        {
            AddIds(response.TokenIds, output.TokenIds);
        }

        AddLogprobs(response.Logprobs, output.Logprobs);
        return response;
    }

    private PromptInfo? Prompt(TokenOutput output)
    {
        bool echo = _request.Output?.Echo ?? false;
        if (!echo && _generation.PromptTopLogprobs is null)
        {
            return null;
        }

        var prompt = new PromptInfo();
        AddLogprobs(prompt.Logprobs, output.PromptLogprobs);
        if (echo)
        {
            prompt.Text = _wantsText ? PromptText() : "";
            AddIds(prompt.TokenIds, _wantsTokenIds ? _generation.PromptTokenIds : []);
        }

        return prompt;
    }

    // A text comes back as it was given; one that was cut, or never was a text, as its tokens read.
    private string PromptText() => _request is { HasTruncatePromptTokens: false, HasPrompt: true }
        ? _request.Prompt
        : _model.Tokenizer.Decode([.. _generation.PromptTokenIds], _generation.SkipSpecialTokens);

    private Finish Map(GenerationSummary summary)
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
            Seed = _generation.Sampling.Seed,
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

    private static void AddIds(RepeatedField<uint> field, IReadOnlyList<int> ids)
    {
        foreach (int id in ids)
        {
            field.Add((uint)id);
        }
    }

    private static void AddLogprobs(RepeatedField<WireLogprob> field, IReadOnlyList<TokenLogprob> logprobs)
    {
        foreach (TokenLogprob logprob in logprobs)
        {
            var message = new WireLogprob
            {
                TokenId = (uint)logprob.TokenId,
                Logprob = logprob.Logprob,
                Rank = (uint)logprob.Rank,
            };
            foreach (CandidateLogprob candidate in logprob.Top)
            {
                message.Top.Add(new CandidateToken { TokenId = (uint)candidate.TokenId, Logprob = candidate.Logprob });
            }

            field.Add(message);
        }
    }
}
