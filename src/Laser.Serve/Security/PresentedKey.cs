namespace Laser.Serve.Security;

/// <summary>The key that a request shows: <c>authorization: Bearer KEY</c> or <c>x-api-key: KEY</c>.</summary>
internal static class PresentedKey
{
    private const string Scheme = "Bearer ";
    private const string Header = "x-api-key";

    /// <summary>The key, or null if the request shows none.</summary>
    public static string? Find(IHeaderDictionary headers)
    {
        string authorization = headers.Authorization.ToString();
        string key = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..]
            : headers[Header].ToString();
        return string.IsNullOrWhiteSpace(key) ? null : key.Trim();
    }
}
