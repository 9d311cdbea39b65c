using System.Diagnostics;

namespace Grpc.Core;

/// <summary>Who the other side of a call proved to be.</summary>
[DebuggerDisplay("IsPeerAuthenticated = {IsPeerAuthenticated}")]
public class AuthContext
{
    private readonly Dictionary<string, List<AuthProperty>> _properties;

    /// <summary>Creates a context.</summary>
    /// <param name="peerIdentityPropertyName">The property that names the peer, or null for an unknown one.</param>
    /// <param name="properties">All properties, by name.</param>
    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        PeerIdentityPropertyName = peerIdentityPropertyName;
        _properties = properties;
    }

    /// <summary>Whether the peer is known.</summary>
    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;

    /// <summary>The property that names the peer, or null.</summary>
    public string? PeerIdentityPropertyName { get; }

    /// <summary>The properties that name the peer.</summary>
    public IEnumerable<AuthProperty> PeerIdentity =>
        PeerIdentityPropertyName is null ? [] : FindPropertiesByName(PeerIdentityPropertyName);

    /// <summary>All properties.</summary>
    public IEnumerable<AuthProperty> Properties => _properties.Values.SelectMany(list => list);

    /// <summary>The properties with a name; none if there are none.</summary>
    /// <param name="propertyName">The name.</param>
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) =>
        _properties.TryGetValue(propertyName, out List<AuthProperty>? list) ? list : [];
}
