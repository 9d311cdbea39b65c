using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Laser.Grpc.Tests.Hosting;

/// <summary>Keeps what the server logs.</summary>
public sealed class LogCapture : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _entries = new();
    private readonly SemaphoreSlim _arrived = new(0);

    public IEnumerable<string> AtLeast(LogLevel level) =>
        _entries.Where(entry => entry.Level >= level).Select(entry => entry.Text);

    /// <summary>Waits for an entry that starts with a text.</summary>
    public async Task WaitForAsync(string start)
    {
        while (!_entries.Any(entry => entry.Text.StartsWith(start, StringComparison.Ordinal)))
        {
            await _arrived.WaitAsync();
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        _entries.Enqueue((logLevel, $"{formatter(state, exception)} {exception}"));
        _arrived.Release();
    }

    public void Dispose() => _arrived.Dispose();
}
