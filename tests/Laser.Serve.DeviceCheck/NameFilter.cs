namespace Laser.Serve.DeviceCheck;

/// <summary>Which tests run, by their display names, such as <c>Space.Class.Method(backend: "Cuda", rows: 1)</c>.</summary>
/// <param name="contains">All of these must be in a name.</param>
/// <param name="without">None of these may be.</param>
internal sealed class NameFilter(string[] contains, string[] without)
{
    public bool Passes(string name) => contains.All(Has(name)) && !without.Any(Has(name));

    private static Func<string, bool> Has(string name) => word => name.Contains(word, StringComparison.Ordinal);
}
