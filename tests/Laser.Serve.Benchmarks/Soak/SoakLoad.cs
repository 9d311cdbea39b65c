using System.Diagnostics;
using Grpc.Net.Client;

namespace Laser.Serve.Benchmarks.Soak;

/// <summary>Sends the planned calls one after the other, in a closed loop or as they come.</summary>
internal sealed class SoakLoad : IDisposable
{
    // A call takes seconds, its wait in the queue included; the slowest readers some more.
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(90);

    // The machine is not alone with the server: its capacity is measured again and again.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly ServerProcess _server;
    private readonly SoakPlanner _planner;
    private readonly SoakTally _tally;
    private readonly GrpcChannel[] _channels;
    private readonly HttpClient _http;
    private readonly string[] _known = new string[SoakPlanner.KnownCount];
    private int _lastNumber;
    private int _open;

    public SoakLoad(ServerProcess server, SoakPlanner planner, SoakTally tally)
    {
        _server = server;
        _planner = planner;
        _tally = tally;
        _channels = [.. Enumerable.Range(0, 4).Select(_ => GrpcChannel.ForAddress(server.Grpc))];
        _http = new HttpClient { BaseAddress = server.Http };
    }

    private int AdmittedCount => _tally.EndedCount - _tally.RefusedCount;

    /// <summary>Asks the known questions: the first time to learn the answers, then to compare.</summary>
    public async Task AskKnownAsync()
    {
        for (int i = 0; i < _known.Length; i++)
        {
            await RunAsync(SoakPlanner.KnownPlan(i));
        }
    }

    /// <summary>So many calls at any time; returns the calls ended in a second.</summary>
    public async Task<double> RunClosedAsync(int callCount, TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        int before = _tally.EndedCount;
        Task[] loops = [.. Enumerable.Range(0, callCount).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                await RunNextAsync();
            }
        })];
        await Task.Delay(duration);
        double perSecond = (_tally.EndedCount - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.WhenAll(loops);
        return perSecond;
    }

    /// <summary>
    /// Calls that come as a Poisson process, whether those before are done or not: a multiple of those that the server
    /// let in during the last seconds. Where it refuses nobody that grows until it does.
    /// </summary>
    /// <param name="share">The multiple.</param>
    /// <param name="capacity">Calls that the server does in a second, to begin with.</param>
    /// <param name="duration">How long.</param>
    /// <param name="random">Times between calls.</param>
    public async Task RunOpenAsync(double share, double capacity, TimeSpan duration, Random random)
    {
        long start = Stopwatch.GetTimestamp();
        (int admitted, double since) = (AdmittedCount, 0);
        for (double next = 0; next < duration.TotalSeconds; next -= Math.Log(1 - random.NextDouble()) / (share * capacity))
        {
            double wait = next - Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (wait > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(wait));
            }

            _ = RunNextAsync();
            if (next - since > Window.TotalSeconds)
            {
                capacity = Math.Max(1, (AdmittedCount - admitted) / (next - since));
                (admitted, since) = (AdmittedCount, next);
            }
        }

        while (Volatile.Read(ref _open) > 0)
        {
            await Task.Delay(20); // every call has its limit
        }
    }

    public void Dispose()
    {
        Array.ForEach(_channels, channel => channel.Dispose());
        _http.Dispose();
    }

    private async Task RunNextAsync()
    {
        Interlocked.Increment(ref _open);
        SoakPlan plan = _planner.Plan(Interlocked.Increment(ref _lastNumber));
        await Task.Yield();
        try
        {
            await RunAsync(plan);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task RunAsync(SoakPlan plan)
    {
        using var limit = new CancellationTokenSource(CallLimit);
        try
        {
            (string end, string? violation) = await StartAsync(plan, limit.Token).WaitAsync(limit.Token);
            _tally.Ended(plan, end, violation);
        }
        catch (Exception e)
        {
            string end = limit.IsCancellationRequested ? $"not within {CallLimit.TotalSeconds} s" : e.GetType().Name;
            _tally.Ended(plan, end, e.Message);
        }
    }

    private Task<(string End, string? Violation)> StartAsync(SoakPlan plan, CancellationToken limit)
    {
        GrpcChannel channel = _channels[Random.Shared.Next(_channels.Length)];
        return plan.Protocol switch
        {
            SoakProtocol.OpenAi => new OpenAiCall(_http, plan).RunAsync(limit),
            SoakProtocol.OpenInference => new OpenInferenceCall(channel, plan).RunAsync(limit),
            _ => new NativeCall(channel, _server.Grpc, plan, Compare).RunAsync(limit),
        };
    }

    // What a known answer differs in; null if in nothing.
    private string? Compare(int known, string text)
    {
        string? before = Interlocked.CompareExchange(ref _known[known], text, null!);
        return before is null || before == text ? null : $"answer {known} was '{before}' and is now '{text}'";
    }
}
