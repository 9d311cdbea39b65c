using Polly;
using Polly.Retry;

namespace Laser.Client.Tests.Samples;

/// <summary>The README's code: a test compares the two, and others run it.</summary>
internal static class ConnectionSamples
{
    public static LaserClient Secure(string key, string caFile)
    {
        // sample: key and TLS
        var client = new LaserClient(new LaserClientOptions
        {
            Addresses = [new Uri("https://laser.example:50051")],
            ApiKey = key,
            Tls = new LaserTlsOptions { CaFile = caFile },
        });
        // end
        return client;
    }

    public static LaserClient SeveralServers()
    {
        // sample: several servers
        var client = new LaserClient(new LaserClientOptions
        {
            Addresses = [new Uri("http://10.0.0.1:50051"), new Uri("http://10.0.0.2:50051")],
        });

        // All addresses of a name, such as a headless service of Kubernetes:
        var cluster = new LaserClient(new LaserClientOptions { Addresses = [new Uri("dns:///laser-headless:50051")] });
        // end
        cluster.Dispose();
        return client;
    }

    public static LaserClientOptions Retries(Uri address)
    {
        // sample: retries
        var options = new LaserClientOptions
        {
            Addresses = [address],
            FirstTokenTimeout = TimeSpan.FromSeconds(20),
            TotalTimeout = TimeSpan.FromMinutes(2),
            Resilience = new LaserResilienceOptions
            {
                MaxRetries = 3,
                BaseDelay = TimeSpan.FromMilliseconds(100),
                RetryAfterFirstToken = true,
            },
        };
        // end
        return options;
    }

    public static LaserClientOptions OwnPipeline(Uri address)
    {
        // sample: own pipeline
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions { MaxRetryAttempts = 2 })
            .AddTimeout(TimeSpan.FromSeconds(10))
            .Build();
        var options = new LaserClientOptions { Addresses = [address], Pipeline = pipeline };
        // end
        return options;
    }
}
