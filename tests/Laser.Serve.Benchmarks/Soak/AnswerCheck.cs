using Laser.Serve.V1;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>Gathers a native answer and says what a complete one would have besides.</summary>
internal sealed class AnswerCheck(SoakPlan plan)
{
    private readonly Sequence[] _sequences =
        [.. Enumerable.Range(0, (int)(plan.Request.HasN ? plan.Request.N : 1)).Select(_ => new Sequence())];

    private PromptInfo? _prompt;

    public void Add(GenerateResponse response)
    {
        Sequence sequence = _sequences[(int)response.Index];
        sequence.IsWrong |= sequence.Finish is not null;
        sequence.TokenCount += response.TokenIds.Count;
        sequence.LogprobCount += response.Logprobs.Count;
        sequence.Finish ??= response.Finish;
        _prompt ??= response.Prompt;
    }

    public void Add(GenerateOnceResponse response)
    {
        foreach ((GeneratedSequence given, Sequence sequence) in response.Sequences.Zip(_sequences))
        {
            sequence.TokenCount = given.TokenIds.Count;
            sequence.LogprobCount = given.Logprobs.Count;
            sequence.Finish = given.Finish;
            sequence.Text = given.Text;
        }
    }

    /// <summary>Text of the only sequence of an answer in one message.</summary>
    public string Text => _sequences.Single().Text;

    /// <summary>The first thing that is missing or too much; null if the answer is complete.</summary>
    public string? WhatIsMissing()
    {
        OutputParams? output = plan.Request.Output;
        int promptLogprobs = (plan.Request.PromptTokenIds?.Ids.Count ?? 1) - 1;
        bool hasStarted = _sequences[0].Finish?.Reason != FinishReason.TimeLimit; // else it may have read half of it
        return output is { HasPromptLogprobs: true } && hasStarted && _prompt?.Logprobs.Count != promptLogprobs
            ? $"{_prompt?.Logprobs.Count} log-probabilities of a prompt that has {promptLogprobs}"
            : _sequences.Select(WhatIsMissing).FirstOrDefault(missing => missing is not null);
    }

    private string? WhatIsMissing(Sequence sequence)
    {
        if (sequence.Finish is not { } finish || sequence.IsWrong)
        {
            return sequence.IsWrong ? "goes on behind its end" : "has no end";
        }

        uint generated = finish.Usage.GeneratedTokens - (finish.HasStopTokenId ? 1u : 0);
        bool isCut = finish.Reason == FinishReason.Length && finish.Usage.GeneratedTokens != plan.Request.MaxTokens;
        bool isLate = finish.Reason == FinishReason.TimeLimit && !plan.Request.HasTimeLimitMs;
        bool lacksLogprobs = plan.Request.Output is { HasLogprobs: true } && sequence.LogprobCount != sequence.TokenCount;
        return generated != sequence.TokenCount || isCut || isLate || lacksLogprobs
            ? $"{sequence.TokenCount} tokens, {sequence.LogprobCount} log-probabilities, ended with {finish}"
            : null;
    }

    private sealed class Sequence
    {
        public int TokenCount { get; set; }

        public int LogprobCount { get; set; }

        public Finish? Finish { get; set; }

        public string Text { get; set; } = "";

        public bool IsWrong { get; set; }
    }
}
