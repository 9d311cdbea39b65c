using Grpc.Core;

namespace Laser.Client;

/// <summary>What one call has otherwise than <see cref="LaserClientOptions"/> say.</summary>
public sealed class LaserCallOptions
{
    /// <summary>As <see cref="LaserClientOptions.FirstTokenTimeout"/>; null takes the client's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0, or above 1 day.</exception>
    public TimeSpan? FirstTokenTimeout
    {
        get;
        init => field = Checked(value);
    }

    /// <summary>As <see cref="LaserClientOptions.TotalTimeout"/>; null takes the client's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0, or above 1 day.</exception>
    public TimeSpan? TotalTimeout
    {
        get;
        init => field = Checked(value);
    }

    /// <summary>Metadata to send with the call, such as a tenant's name.</summary>
    public Metadata? Headers { get; init; }

    private static TimeSpan? Checked(TimeSpan? value)
    {
        if (value is { } timeout)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(value));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromDays(1), nameof(value));
        }

        return value;
    }
}
