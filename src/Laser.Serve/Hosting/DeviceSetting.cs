namespace Laser.Serve.Hosting;

/// <summary>Checks which devices <see cref="ModelOptions.Device"/> names.</summary>
internal static class DeviceSetting
{
    /// <summary>The devices of a setting, in order.</summary>
    public static string[] Parse(string setting) => setting.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>Adds a sentence for what is wrong.</summary>
    public static void FindErrors(List<string> errors, string name, string setting)
    {
        string[] devices = Parse(setting);
        foreach (string device in devices.Where(device => !BackendFactory.IsKnown(device)).Distinct())
        {
            errors.Add($"{name} names '{device}'; there are: {BackendFactory.Names}.");
        }

        foreach (IGrouping<string, string> same in devices.GroupBy(BackendFactory.FullName))
        {
            if (same.Count() > 1 && !BackendFactory.IsShared(same.Key))
            {
                errors.Add($"{name} names '{same.Key}' {same.Count()} times; it can have one engine.");
            }
        }

        // Each kind has its own rounding: which device a request came to would show in its tokens.
        if (devices.Select(device => device.Split(':')[0]).Distinct().Count() > 1)
        {
            errors.Add($"{name} is '{setting}'; several devices must be of one kind, so that they give the same tokens.");
        }
    }
}
