using Xunit.Abstractions;
using Xunit.Sdk;

namespace Laser.Serve.DeviceCheck;

/// <summary>Which tests run, by their display names, such as <c>Space.Class.Method(backend: "Cuda", rows: 1)</c>.</summary>
/// <param name="names">All of these must be in the name ahead of the arguments.</param>
/// <param name="arguments">All of these must be in the arguments.</param>
/// <param name="without">None of these may be in either.</param>
internal sealed class NameFilter(string[] names, string[] arguments, string[] without)
{
    public bool Passes(ITestCase test)
    {
        string[] parts = test.DisplayName.Split('(', 2);

        // Where a theory's arguments cannot be stored, as tuples cannot, its cases are known only when it runs: it does so as a whole.
        bool isWhole = test is XunitTheoryTestCase;
        return names.All(parts[0].Contains)
            && (isWhole || arguments.All(parts[^1].Contains))
            && !without.Any(test.DisplayName.Contains);
    }
}
