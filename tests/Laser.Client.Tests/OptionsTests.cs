using Microsoft.Extensions.Options;

namespace Laser.Client.Tests;

public sealed class OptionsTests
{
    public static TheoryData<string, Action<LaserClientOptions>> Wrong => new()
    {
        { "Addresses", o => o.Addresses.Clear() },
        { "Addresses", o => o.Addresses.Add(new Uri("ftp://host:1")) },
        { "Addresses", o => o.Addresses.Add(new Uri("http://host:1/path")) },
        { "Addresses", o => o.Addresses.Add(new Uri("http://user@host:1")) },
        { "Addresses", o => o.Addresses.Add(new Uri("/relative", UriKind.Relative)) },
        { "Addresses", o => o.Addresses.Add(new Uri("dns:///host")) },
        { "Addresses", o => o.Addresses.Add(new Uri("dns:///host:0")) },
        { "Addresses", o => o.Addresses.Add(new Uri("dns:///:50051")) },
        { "Addresses", o => o.Addresses.Add(new Uri("dns://server/host:1")) },
        { "ApiKey", o => o.ApiKey = "" },
        { "ApiKey", o => o.ApiKey = "a b" },
        { "ApiKey", o => o.ApiKey = "caf\u00e9" },
        { "Tls.CaFile", o => o.Tls = new LaserTlsOptions { CaFile = "no-such-file.pem" } },
        { "Tls.ClientKeyFile", o => o.Tls = new LaserTlsOptions { ClientKeyFile = typeof(OptionsTests).Assembly.Location } },
        { "ConnectTimeout", o => o.ConnectTimeout = TimeSpan.Zero },
        { "FirstTokenTimeout", o => o.FirstTokenTimeout = TimeSpan.FromSeconds(-1) },
        { "TotalTimeout", o => o.TotalTimeout = TimeSpan.FromDays(2) },
        { "KeepAliveInterval", o => o.KeepAliveInterval = TimeSpan.FromMilliseconds(10) },
        { "KeepAliveTimeout", o => o.KeepAliveTimeout = TimeSpan.Zero },
        { "DnsRefreshInterval", o => o.DnsRefreshInterval = TimeSpan.Zero },
        { "MaxSendMessageBytes", o => o.MaxSendMessageBytes = 0 },
        { "MaxReceiveMessageBytes", o => o.MaxReceiveMessageBytes = -1 },
        { "Resilience.MaxRetries", o => o.Resilience.MaxRetries = -1 },
        { "Resilience.MaxRetries", o => o.Resilience.MaxRetries = 101 },
        { "Resilience.BaseDelay", o => o.Resilience.BaseDelay = TimeSpan.Zero },
        { "Resilience.MaxDelay", o => o.Resilience.MaxDelay = TimeSpan.FromMilliseconds(1) },
        { "Resilience.SkipDuration", o => o.Resilience.SkipDuration = TimeSpan.FromSeconds(-1) },
        { "Resilience.BreakerFailureRatio", o => o.Resilience.BreakerFailureRatio = 0 },
        { "Resilience.BreakerFailureRatio", o => o.Resilience.BreakerFailureRatio = double.NaN },
        { "Resilience.BreakerMinimumCalls", o => o.Resilience.BreakerMinimumCalls = 1 },
        { "Resilience.BreakerSamplingDuration", o => o.Resilience.BreakerSamplingDuration = TimeSpan.Zero },
        { "Resilience.BreakerBreakDuration", o => o.Resilience.BreakerBreakDuration = TimeSpan.FromDays(2) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_WrongOption_IsTheOnlyFailureAndNamed(string property, Action<LaserClientOptions> spoil)
    {
        LaserClientOptions options = Valid();
        spoil(options);

        ValidateOptionsResult result = new LaserClientOptionsValidator().Validate(null, options);

        string failure = Assert.Single(result.Failures!);
        Assert.StartsWith(property, failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_WrongOption_ThrowsArgumentExceptionThatNamesIt()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new LaserClient(new LaserClientOptions()));

        Assert.Contains("Addresses", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://host:1")]
    [InlineData("https://host")]
    [InlineData("http://[::1]:50051")]
    [InlineData("dns:///host:50051")]
    [InlineData("dns:///laser.svc.cluster.local:50051")]
    public void Validate_GoodAddress_Passes(string address)
    {
        var options = new LaserClientOptions { Addresses = [new Uri(address)] };

        Assert.True(new LaserClientOptionsValidator().Validate(null, options).Succeeded);
    }

    private static LaserClientOptions Valid() => new() { Addresses = [new Uri("http://127.0.0.1:50051")] };
}
