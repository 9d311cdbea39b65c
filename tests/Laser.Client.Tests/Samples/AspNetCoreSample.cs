using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Laser.Client.Tests.Samples;

/// <summary>The README's code: a test compares the two, and others run it.</summary>
internal static class AspNetCoreSample
{
    public static WebApplication Build(Uri server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["Laser:Addresses:0"] = server.ToString();

        // sample: ASP.NET Core
        builder.Services.AddLaserClient(options => builder.Configuration.GetSection("Laser").Bind(options));

        var app = builder.Build();
        app.MapGet("/story", (LaserClient laser, string prompt, CancellationToken aborted) =>
            laser.GenerateAsync(prompt, request => request.MaxTokens = 100, aborted));
        // end
        return app;
    }

    public static IServiceCollection AddNamed(IServiceCollection services)
    {
        // sample: named clients
        services.AddLaserClient("small", options => options.Addresses.Add(new Uri("http://small:50051")));
        services.AddLaserClient("large", options => options.Addresses.Add(new Uri("http://large:50051")));
        // ... and then: public sealed class Stories([FromKeyedServices("small")] LaserClient laser)
        // end
        return services;
    }
}
