using System.Text;

namespace Grpc.Core;

/// <summary>One fact about the other side of a call.</summary>
public class AuthProperty
{
    private readonly byte[] _bytes;

    private AuthProperty(string name, byte[] bytes)
    {
        Name = name;
        _bytes = bytes;
    }

    /// <summary>The name of the fact.</summary>
    public string Name { get; }

    /// <summary>The value read as UTF-8.</summary>
    public string Value => Encoding.UTF8.GetString(_bytes);

    /// <summary>A copy of the value.</summary>
    public byte[] ValueBytes => [.. _bytes];

    /// <summary>Creates a property.</summary>
    /// <param name="name">The name of the fact.</param>
    /// <param name="valueBytes">The value, which is copied.</param>
    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new AuthProperty(name, [.. valueBytes]);
    }
}
