using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Laser.Serve.DeviceCheck;

/// <summary>Counts tests and prints those that fail: the first in full, the others, which may come of it, in a line.</summary>
/// <param name="output">For failures and the summary.</param>
/// <param name="log">For a line when a test begins and when it ends: what hung is what began last. Null for none.</param>
internal sealed class TestReport(TextWriter output, TextWriter? log)
{
    private const int InFull = 5;

    private readonly long _start = Stopwatch.GetTimestamp();
    private int _passed;
    private int _failed;
    private int _skipped;

    /// <summary>Whether tests ran and none failed.</summary>
    public bool IsGood => _failed == 0 && _passed > 0;

    public void Add(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestStarting test:
                log?.WriteLine($"begin {test.Test.DisplayName}");
                break;
            case ITestPassed test:
                _passed++;
                log?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"passed {test.Test.DisplayName} {test.ExecutionTime:0.000} s"));
                break;
            case ITestSkipped test:
                _skipped++;
                log?.WriteLine($"skipped {test.Test.DisplayName}: {test.Reason}");
                break;
            case ITestFailed test:
                Fail(test.Test.DisplayName, test);
                break;
            case IFailureInformation failure:
                Fail(message.GetType().Name, failure);
                break;
        }
    }

    public void WriteSummary()
    {
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"passed {_passed}, failed {_failed}, skipped {_skipped} in {seconds:0.0} s"));
    }

    private void Fail(string name, IFailureInformation failure)
    {
        _failed++;
        string[] lines = string.Join('\n', failure.Messages.Concat(failure.StackTraces)).Split('\n');
        log?.WriteLine($"failed {name}: {string.Join("\n    ", lines)}");
        output.WriteLine($"failed {name}: {string.Join("\n    ", _failed > InFull ? lines[..1] : lines)}");
    }
}
