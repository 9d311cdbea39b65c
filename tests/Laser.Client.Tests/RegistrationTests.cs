using System.Diagnostics.Metrics;
using Laser.Client.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Laser.Client.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public async Task AddLaserClient_Resolved_IsOneClientThatWorks()
    {
        await using FakeServer server = await FakeServer.StartAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddLaserClient(options => options.Addresses.Add(server.Address))
            .BuildServiceProvider();

        LaserClient client = services.GetRequiredService<LaserClient>();

        Assert.Same(client, services.GetRequiredService<LaserClient>());
        Assert.Equal("t0 t1 ", await client.GenerateOnceAsync("Once"));
    }

    [Fact]
    public async Task AddLaserClient_Named_AreDifferentClients()
    {
        await using FakeServer small = await FakeServer.StartAsync();
        await using FakeServer large = await FakeServer.StartAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddLaserClient("small", options => options.Addresses.Add(small.Address))
            .AddLaserClient("large", options => options.Addresses.Add(large.Address))
            .BuildServiceProvider();

        await services.GetRequiredKeyedService<LaserClient>("large").GetModelAsync();

        Assert.Empty(small.Calls);
        Assert.Single(large.Calls);
        Assert.Null(services.GetService<LaserClient>());
    }

    [Fact]
    public void AddLaserClient_WrongOptions_AreRefusedByName()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddLaserClient(options => options.ApiKey = "with space")
            .BuildServiceProvider();

        OptionsValidationException e =
            Assert.Throws<OptionsValidationException>(services.GetRequiredService<LaserClient>);

        Assert.Equal(["Addresses", "ApiKey"], e.Failures.Select(failure => failure.Split(' ')[0]));
    }

    [Fact]
    public async Task AddLaserClient_WrongOptions_StopTheHostWhenItStarts()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddLaserClient(options => options.Addresses.Add(new Uri("ftp://host")));
        await using WebApplication application = builder.Build();

        OptionsValidationException e =
            await Assert.ThrowsAsync<OptionsValidationException>(() => application.StartAsync());

        Assert.Contains("ftp://host", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddLaserClient_ServicesOfTheContainer_AreUsed()
    {
        using var meters = new TestMeters();
        await using FakeServer server = await FakeServer.StartAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IMeterFactory>(meters)
            .AddLaserClient(options => options.Addresses.Add(server.Address))
            .BuildServiceProvider();

        await services.GetRequiredService<LaserClient>().GetModelAsync();

        Assert.Single(meters["laser.client.request.duration"]);
    }
}
