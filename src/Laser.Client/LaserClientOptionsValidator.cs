using Microsoft.Extensions.Options;

namespace Laser.Client;

/// <summary>The one gate for options: every message begins with the property that is wrong.</summary>
internal sealed class LaserClientOptionsValidator : IValidateOptions<LaserClientOptions>
{
    private static readonly TimeSpan ShortestPing = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestBreaker = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, LaserClientOptions options)
    {
        string[] failures =
        [
            .. Addresses(options), .. ApiKey(options), .. Tls(options.Tls), .. Timeouts(options), .. Sizes(options),
            .. Retries(options.Resilience), .. Breaker(options.Resilience),
        ];
        return failures.Length > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static IEnumerable<string> Addresses(LaserClientOptions options)
    {
        if (options.Addresses.Count == 0)
        {
            yield return "Addresses is empty; give one such as http://127.0.0.1:50051.";
        }

        foreach (Uri address in options.Addresses.Where(address => !IsAddress(address)))
        {
            yield return $"Addresses has '{address}'; give http://host:port, https://host:port or dns:///host:port.";
        }
    }

    private static bool IsAddress(Uri? address) =>
        address is { IsAbsoluteUri: true } && address.UserInfo.Length == 0 && address.Query.Length == 0
        && (address.Scheme == Balancing.DnsName.Scheme
            ? Balancing.DnsName.TryParse(address, out _)
            : (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
                && address.AbsolutePath == "/");

    private static IEnumerable<string> ApiKey(LaserClientOptions options)
    {
        if (options.ApiKey is { } key && (key.Length == 0 || key.Any(c => c is <= ' ' or > '~')))
        {
            yield return "ApiKey is empty or has a character that is no printable ASCII, or a space.";
        }
    }

    private static IEnumerable<string> Tls(LaserTlsOptions? tls)
    {
        if (tls?.ClientKeyFile is not null && tls.ClientCertificateFile is null)
        {
            yield return "Tls.ClientKeyFile needs Tls.ClientCertificateFile.";
        }

        if (tls?.ClientCertificateFile is not null && tls.ClientCertificate is not null)
        {
            yield return "Tls.ClientCertificate and Tls.ClientCertificateFile are both set; give one.";
        }

        if (tls?.ClientCertificate is { HasPrivateKey: false })
        {
            yield return "Tls.ClientCertificate has no private key.";
        }

        (string Name, string? Path)[] files =
        [
            ("CaFile", tls?.CaFile), ("ClientCertificateFile", tls?.ClientCertificateFile),
            ("ClientKeyFile", tls?.ClientKeyFile),
        ];
        foreach ((string name, string? path) in files.Where(file => file.Path is not null && !File.Exists(file.Path)))
        {
            yield return $"Tls.{name}: there is no file '{path}'.";
        }
    }

    private static IEnumerable<string> Timeouts(LaserClientOptions options) =>
    [
        .. Timeout(nameof(options.ConnectTimeout), options.ConnectTimeout),
        .. Timeout(nameof(options.FirstTokenTimeout), options.FirstTokenTimeout),
        .. Timeout(nameof(options.TotalTimeout), options.TotalTimeout),
        .. Timeout(nameof(options.DnsRefreshInterval), options.DnsRefreshInterval),
        .. InRange(nameof(options.KeepAliveInterval), options.KeepAliveInterval, ShortestPing, OneDay),
        .. InRange(nameof(options.KeepAliveTimeout), options.KeepAliveTimeout, ShortestPing, OneDay),
    ];

    private static IEnumerable<string> Sizes(LaserClientOptions options) =>
    [
        .. InRange(nameof(options.MaxSendMessageBytes), options.MaxSendMessageBytes, 1, int.MaxValue),
        .. InRange(nameof(options.MaxReceiveMessageBytes), options.MaxReceiveMessageBytes, 1, int.MaxValue),
    ];

    private static IEnumerable<string> Retries(LaserResilienceOptions options) =>
    [
        .. InRange("Resilience.MaxRetries", options.MaxRetries, 0, 100),
        .. Timeout("Resilience.BaseDelay", options.BaseDelay),
        .. InRange("Resilience.MaxDelay", options.MaxDelay, options.BaseDelay, OneDay),
        .. InRange("Resilience.SkipDuration", options.SkipDuration, TimeSpan.Zero, OneDay),
    ];

    private static IEnumerable<string> Breaker(LaserResilienceOptions options) =>
    [
        .. InRange("Resilience.BreakerFailureRatio", options.BreakerFailureRatio, double.Epsilon, 1),
        .. InRange("Resilience.BreakerMinimumCalls", options.BreakerMinimumCalls, 2, int.MaxValue),
        .. InRange(
            "Resilience.BreakerSamplingDuration", options.BreakerSamplingDuration, ShortestBreaker, OneDay),
        .. InRange("Resilience.BreakerBreakDuration", options.BreakerBreakDuration, ShortestBreaker, OneDay),
    ];

    private static IEnumerable<string> Timeout(string property, TimeSpan? value) =>
        value <= TimeSpan.Zero || value > OneDay
            ? [$"{property} is {value}; it must be above 0 and at most {OneDay}."]
            : [];

    // Written so that NaN, which is in no range, fails.
    private static IEnumerable<string> InRange<T>(string property, T? value, T least, T most)
        where T : struct, IComparable<T> =>
        value is { } v && !(v.CompareTo(least) >= 0 && v.CompareTo(most) <= 0)
            ? [$"{property} is {v}; it must be {least} to {most}."]
            : [];
}
