using Laser.Serve.Simulation.Load;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>
/// Makes messages of planned requests. Prompts are token ids and answers are forced to their length, so that what is
/// measured is what was planned.
/// </summary>
/// <param name="settings">What requests ask for.</param>
/// <param name="salt">
/// Keeps requests of other levels and of earlier runs from being found in the prefix cache: they have the same prompts.
/// </param>
internal sealed class RequestBuilder(BenchSettings settings, string salt)
{
    public GenerateRequest Create(PlannedRequest planned)
    {
        var prompt = new TokenIds();
        prompt.Ids.Capacity = planned.Prompt.Length;
        foreach (int id in planned.Prompt)
        {
            prompt.Ids.Add((uint)id);
        }

        var request = new GenerateRequest
        {
            PromptTokenIds = prompt,
            MaxTokens = (uint)planned.OutputLength,
            N = (uint)settings.SequenceCount,
            Sampling = new SamplingParams(),
            Stop = new StopParams { IgnoreEos = true },
            Output = new OutputParams { Text = settings.Text },
            Cache = new CacheParams { Salt = salt },
        };
        if (settings.Temperature is float temperature)
        {
            request.Sampling.Temperature = temperature;
        }

        if (settings.Load.TimeLimitSeconds is double seconds)
        {
            request.TimeLimitMs = (uint)Math.Max(1, Math.Round(seconds * 1000));
        }

        return request;
    }
}
