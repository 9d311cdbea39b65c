using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Laser.Client;

/// <summary>Registers clients for dependency injection.</summary>
public static class LaserClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers a <see cref="LaserClient"/> as a singleton. Logger factory, meter factory and clock come from the
    /// container where it has them. Wrong options stop the host when it starts, with a message that names the property.
    /// </summary>
    /// <param name="services">The container to be.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The same container.</returns>
    public static IServiceCollection AddLaserClient(
        this IServiceCollection services, Action<LaserClientOptions> configure)
    {
        AddOptions(services, Options.DefaultName, configure);
        services.TryAddSingleton(provider => Create(provider, Options.DefaultName));
        return services;
    }

    /// <summary>
    /// Registers a <see cref="LaserClient"/> under a name, to be had by <c>[FromKeyedServices(name)]</c>; for servers
    /// of different models.
    /// </summary>
    /// <param name="services">The container to be.</param>
    /// <param name="name">The name, not empty.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The same container.</returns>
    public static IServiceCollection AddLaserClient(
        this IServiceCollection services, string name, Action<LaserClientOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => Create(provider, name));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<LaserClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<LaserClientOptions>, LaserClientOptionsValidator>());
        services.AddOptions<LaserClientOptions>(name)
            .Configure<IServiceProvider>(TakeFrom)
            .Configure(configure)
            .ValidateOnStart();
    }

    // Before the user's own settings, which win.
    private static void TakeFrom(LaserClientOptions options, IServiceProvider provider)
    {
        options.LoggerFactory = provider.GetService<ILoggerFactory>();
        options.MeterFactory = provider.GetService<IMeterFactory>();
        options.TimeProvider = provider.GetService<TimeProvider>() ?? options.TimeProvider;
    }

    private static LaserClient Create(IServiceProvider provider, string name) =>
        new(provider.GetRequiredService<IOptionsMonitor<LaserClientOptions>>().Get(name));
}
