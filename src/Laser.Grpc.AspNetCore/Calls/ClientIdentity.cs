using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>
/// What a client's certificate tells, under the names all gRPC servers use (grpc/grpc, grpc_security_constants.h). That the certificate
/// is to be trusted was checked when the connection was made.
/// </summary>
internal static class ClientIdentity
{
    private const string AlternativeName = "x509_subject_alternative_name";
    private const string CommonName = "x509_common_name";

    private static readonly AuthContext Unknown = new(null, []);

    /// <summary>The identity in a certificate; of a client without one, nothing is known.</summary>
    public static AuthContext Of(X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            return Unknown;
        }

        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        AuthProperty[] alternatives = [.. DnsNames(certificate).Select(name => Property(AlternativeName, name))];
        if (alternatives.Length > 0)
        {
            properties[AlternativeName] = [.. alternatives];
        }

        string commonName = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (commonName.Length > 0)
        {
            properties[CommonName] = [Property(CommonName, commonName)];
        }

        string? peer = properties.ContainsKey(AlternativeName) ? AlternativeName
            : properties.ContainsKey(CommonName) ? CommonName
            : null;
        return new AuthContext(peer, properties);
    }

    private static IEnumerable<string> DnsNames(X509Certificate2 certificate) => certificate.Extensions
        .OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(extension => extension.EnumerateDnsNames());

    private static AuthProperty Property(string name, string value) =>
        AuthProperty.Create(name, Encoding.UTF8.GetBytes(value));
}
