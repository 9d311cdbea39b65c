using Laser.Serve.Hosting;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Laser.Serve.Security;

/// <summary>
/// Gives the connections of the gRPC port an age. A load balancer below HTTP/2 spreads connections, not calls: without
/// this a server that was added later would get none.
/// </summary>
internal static class ConnectionAgeLimit
{
    // Clients that connected together must not come back together.
    private const double Jitter = 0.1;

    private static readonly object Key = new();

    /// <summary>Counts the age of a socket's connections.</summary>
    public static void UseConnectionAge(this ListenOptions listen, GrpcEndpointOptions options)
    {
        if (options.MaxConnectionAgeSeconds == 0)
        {
            return;
        }

        TimeProvider time = listen.ApplicationServices.GetRequiredService<TimeProvider>();
        TimeSpan grace = options.MaxConnectionAgeGraceSeconds == 0
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromSeconds(options.MaxConnectionAgeGraceSeconds);
        listen.Use(next => async connection =>
        {
            TimeSpan age = WithJitter(options.MaxConnectionAgeSeconds, Random.Shared.NextDouble());
            await using var limit = new ConnectionAge(connection, age, grace, time);
            connection.Items[Key] = limit;
            await next(connection);
        });
    }

    /// <summary>Tells connections of their calls.</summary>
    public static void UseConnectionAge(this WebApplication app)
    {
        CancellationToken stopping = app.Lifetime.ApplicationStopping;
        app.Use(next => context =>
            context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Key, out object? age) == true
                ? RunAsync(context, next, (ConnectionAge)age!, stopping)
                : next(context));
    }

    /// <summary>The age of one connection.</summary>
    /// <param name="seconds">The age that is set.</param>
    /// <param name="random">0 to 1, anew for every connection.</param>
    internal static TimeSpan WithJitter(int seconds, double random) =>
        TimeSpan.FromSeconds(seconds * (1 + (Jitter * ((2 * random) - 1))));

    private static async Task RunAsync(
        HttpContext context, RequestDelegate next, ConnectionAge age, CancellationToken stopping)
    {
        age.Enter();
        try
        {
            await next(context);
            if (age.IsClosing)
            {
                // The client has its answer now; only the stream stays.
                await context.Response.CompleteAsync();
                await age.LingerAsync(stopping);
            }
        }
        finally
        {
            age.Leave();
        }
    }
}
