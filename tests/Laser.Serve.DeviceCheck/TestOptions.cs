using Xunit.Abstractions;

namespace Laser.Serve.DeviceCheck;

/// <summary>Options of xunit by name; what is not set is as xunit has it.</summary>
internal sealed class TestOptions : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
{
    private readonly Dictionary<string, object?> _values = [];

    /// <param name="serial">Whether tests run one at a time.</param>
    public TestOptions(bool serial)
    {
        // Each case of a theory is a test with a name of its own, which the filter sees.
        SetValue("xunit.discovery.PreEnumerateTheories", true);
        SetValue("xunit.execution.DisableParallelization", serial);
    }

    public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out object? value) ? (TValue)value! : default!;

    public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
}
