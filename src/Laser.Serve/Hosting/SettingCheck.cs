using System.Net;

namespace Laser.Serve.Hosting;

/// <summary>Checks of single settings; what is wrong becomes a sentence that names the setting.</summary>
internal static class SettingCheck
{
    public static void Range(List<string> errors, string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            errors.Add($"{name} is {value}; it must be {least} to {most}.");
        }
    }

    public static void OneOf(List<string> errors, string name, string value, params string[] choices)
    {
        if (!choices.Contains(value))
        {
            errors.Add($"{name} is '{value}'; it must be {string.Join(", ", choices[..^1])} or {choices[^1]}.");
        }
    }

    public static void Address(List<string> errors, string name, string value)
    {
        if (!IPAddress.TryParse(value, out _))
        {
            errors.Add($"{name} is '{value}'; it must be an IP address.");
        }
    }
}
