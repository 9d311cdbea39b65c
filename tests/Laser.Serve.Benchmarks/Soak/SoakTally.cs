using System.Collections.Concurrent;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>How the calls ended, and what went against the rules.</summary>
internal sealed class SoakTally
{
    // One bug can break a rule ten thousand times.
    private const int KeptViolations = 50;

    private readonly ConcurrentDictionary<(string Kind, string End), int> _ends = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private int _violationCount;
    private int _endedCount;
    private int _refusedCount;

    public int EndedCount => _endedCount;

    /// <summary>Of these, calls that an overloaded server did not let in.</summary>
    public int RefusedCount => _refusedCount;

    public int ViolationCount => _violationCount;

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Notes the end of a call.</summary>
    /// <param name="plan">The call.</param>
    /// <param name="end">Status, and reason if there is one.</param>
    /// <param name="violation">What is wrong with it; null if nothing is.</param>
    public void Ended(SoakPlan plan, string end, string? violation)
    {
        Interlocked.Increment(ref _endedCount);
        if (end.EndsWith("QUEUE_FULL", StringComparison.Ordinal) || end == "429")
        {
            Interlocked.Increment(ref _refusedCount);
        }

        _ends.AddOrUpdate((plan.Kind, end), 1, static (_, count) => count + 1);
        if (violation is not null)
        {
            Violated($"call {plan.Number}, {plan.Kind}: {end}: {violation}");
        }
    }

    public void Violated(string violation)
    {
        if (Interlocked.Increment(ref _violationCount) <= KeptViolations)
        {
            _violations.Enqueue(violation);
        }
    }

    public void Print()
    {
        Console.WriteLine("\n| calls | of these | ended |\n|---|---|---|");
        foreach (var kind in _ends.GroupBy(entry => entry.Key.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            IEnumerable<string> ends = kind.OrderByDescending(entry => entry.Value)
                .Select(entry => $"{entry.Key.End} {entry.Value}");
            Console.WriteLine($"| {kind.Key} | {kind.Sum(entry => entry.Value)} | {string.Join(", ", ends)} |");
        }

        foreach (string violation in _violations)
        {
            Console.WriteLine($"VIOLATION: {violation}");
        }
    }
}
