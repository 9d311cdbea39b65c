using Laser.Serve.Engine.Sequences;

namespace Laser.Serve.Engine.Scheduling;

/// <summary>
/// How many tokens the next step may have. While nothing decodes, as many as a step can hold. While something does,
/// each step is what its reader waits for from one token to the next: then as many as are likely to take the wanted
/// time.
/// <para>
/// The time of a step is measured at start and corrected by the steps that follow, for attention costs more the longer
/// a context is, and the machine may have other things to do. Only steps that read prompts count for this, because only
/// they can be made shorter.
/// </para>
/// </summary>
internal sealed class StepBudget(EngineLimits limits)
{
    /// <summary>
    /// Tokens beyond one for each that runs which a step has at least, however slow steps are: a prompt always gets on.
    /// </summary>
    public const int LeastPromptTokens = 16;

    // A step counts a quarter, so that what changes is known four steps later; and at most for twice what was expected,
    // or the one step that the machine slept through would hold up prompts for many more.
    private const double Weight = 0.25;
    private const double LargestChange = 2;
    private const double LargestCorrection = 64;

    private readonly double _target = limits.TargetStep.TotalSeconds;
    private StepTime? _time;

    /// <summary>How long steps take as compared to what was measured at start, lately.</summary>
    public double Correction { get; private set; } = 1;

    /// <summary>
    /// Tokens that take the wanted time, by what is known now; as many as a step can hold if nothing is.
    /// </summary>
    public int TokensInTarget => _time is StepTime time
        ? (int)Math.Clamp(time.TokensIn(_target / Correction), 0, limits.MaxTokensPerStep)
        : limits.MaxTokensPerStep;

    /// <summary>Sets how long steps take, or that it is not known.</summary>
    public void Calibrate(StepTime? time)
    {
        _time = time;
        Correction = 1;
    }

    /// <summary>Tokens of a step with these that run, and with what is admitted to it.</summary>
    public int TokensWith(ReadOnlySpan<Sequence> running)
    {
        foreach (Sequence sequence in running)
        {
            if (sequence.GeneratedTokenCount > 0)
            {
                int least = Math.Min(limits.MaxTokensPerStep, running.Length + LeastPromptTokens);
                return Math.Max(least, TokensInTarget);
            }
        }

        return limits.MaxTokensPerStep;
    }

    /// <summary>Notes how long a step took.</summary>
    public void StepTook(ScheduledBatch batch, TimeSpan duration)
    {
        bool readsPrompt = batch.TokenCount > batch.Sequences.Length;
        if (readsPrompt && _time is StepTime time)
        {
            double measured = duration.TotalSeconds / time.SecondsOf(batch.TokenCount);
            double counted = Math.Clamp(measured, Correction / LargestChange, Correction * LargestChange);
            double corrected = Correction + (Weight * (counted - Correction));
            Correction = Math.Clamp(corrected, 1 / LargestCorrection, LargestCorrection);
        }
    }
}
