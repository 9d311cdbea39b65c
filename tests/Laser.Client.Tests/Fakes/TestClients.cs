using System.Net;
using Laser.Serve.V1;

namespace Laser.Client.Tests.Fakes;

/// <summary>Clients for tests: no time limit but those a test sets, so that all waits on the clock are retries.</summary>
internal static class TestClients
{
    public static LaserClient Create(
        FakeServer server, TestClock? clock = null, double draw = 1, Action<LaserClientOptions>? configure = null) =>
        Create([server.Address], clock, draw, configure);

    public static LaserClient Create(
        IEnumerable<Uri> addresses,
        TestClock? clock = null,
        double draw = 1,
        Action<LaserClientOptions>? configure = null,
        Func<string, IPAddress[]>? resolve = null)
    {
        var options = new LaserClientOptions
        {
            Addresses = [.. addresses],
            FirstTokenTimeout = null,
            TimeProvider = clock ?? TimeProvider.System,
        };
        configure?.Invoke(options);
        return new LaserClient(ClientCore.Create(
            options,
            (host, _) => Task.FromResult((resolve ?? (_ => throw new InvalidOperationException(host)))(host)),
            () => draw));
    }

    public static GenerateRequest Request(ulong? seed = null)
    {
        var request = new GenerateRequest { Prompt = "Once", Sampling = new SamplingParams() };
        if (seed is { } value)
        {
            request.Sampling.Seed = value;
        }

        return request;
    }

    /// <summary>The text of a stream.</summary>
    public static async Task<string> TextAsync(this IAsyncEnumerable<GenerateResponse> stream)
    {
        string text = "";
        await foreach (GenerateResponse message in stream)
        {
            text += message.Text;
        }

        return text;
    }
}
