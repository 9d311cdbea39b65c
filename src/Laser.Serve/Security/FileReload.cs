namespace Laser.Serve.Security;

/// <summary>Looks at certificate and key files every few seconds and takes what is new into use.</summary>
internal sealed partial class FileReload(
    IEnumerable<IReloadedFiles> files, TimeProvider time, ILogger<FileReload> logger)
    : IHostedService, IDisposable
{
    /// <summary>Short beside the minute that Kubernetes takes to renew the files of a secret.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly Lock _looking = new();
    private ITimer? _timer;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (IReloadedFiles each in files)
        {
            LogUsing(each.Description);
            _timer ??= time.CreateTimer(_ => Refresh(), null, Period, Period);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose() => _timer?.Dispose();

    private void Refresh()
    {
        // On a file system that hangs, looks would pile up.
        if (!_looking.TryEnter())
        {
            return;
        }

        try
        {
            foreach (IReloadedFiles each in files)
            {
                Refresh(each);
            }
        }
        finally
        {
            _looking.Exit();
        }
    }

    private void Refresh(IReloadedFiles each)
    {
        try
        {
            if (each.Refresh())
            {
                LogUsing(each.Description);
            }
        }
        catch (ArgumentException e)
        {
            LogKept(e.Message, each.Description);
        }
        catch (Exception e)
        {
            // On a timer's thread it would end the process; what is in use still is.
            LogFailed(each.Description, e);
        }
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "In use from now on: {Description}")]
    private partial void LogUsing(string description);

    [LoggerMessage(EventId = 11, Level = LogLevel.Error, Message = "{Problem} Still in use: {Description}")]
    private partial void LogKept(string problem, string description);

    [LoggerMessage(EventId = 12, Level = LogLevel.Error, Message =
        "Looking for changed files failed. Still in use: {Description}")]
    private partial void LogFailed(string description, Exception exception);
}
