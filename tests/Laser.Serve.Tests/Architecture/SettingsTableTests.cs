using System.Reflection;
using System.Text.RegularExpressions;
using Laser.Serve.Hosting;

namespace Laser.Serve.Tests.Architecture;

/// <summary>The table of settings and the options classes have the same names and defaults.</summary>
public partial class SettingsTableTests
{
    private static readonly string[] Rows =
        [.. SourceTree.Read("src/Laser.Serve/README.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];

    [Fact]
    public void Table_Names_AreThoseOfTheOptions() => Assert.Equal(
        Leaves("", new ServerOptions()).Keys.Order(),
        Rows.SelectMany(Names).Order());

    [Fact]
    public void Table_Defaults_AreThoseOfTheOptions()
    {
        Dictionary<string, object?> options = Leaves("", new ServerOptions());
        foreach (string row in Rows)
        {
            string[] names = [.. Names(row)];
            string[] defaults = [.. Quoted().Matches(row.Split('|')[2]).Select(m => m.Groups[1].Value)];
            for (int i = 0; i < defaults.Length; i++)
            {
                Assert.Equal(options[names[i]]?.ToString(), defaults[i], ignoreCase: true);
            }
        }
    }

    private static IEnumerable<string> Names(string row) => Quoted().Matches(row.Split('|')[1])
        .Select(match => match.Groups[1].Value)
        .Where(name => !name.StartsWith('-'));

    // The properties that hold values, by path; those of our own classes are sections.
    private static Dictionary<string, object?> Leaves(string prefix, object options)
    {
        var leaves = new Dictionary<string, object?>();
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite || p.PropertyType == typeof(IList<string>)))
        {
            string name = prefix + property.Name;
            object? value = property.GetValue(options);
            if (property.PropertyType.IsClass && property.PropertyType.Namespace!.StartsWith("Laser", StringComparison.Ordinal))
            {
                foreach ((string key, object? leaf) in Leaves($"{name}:", value!))
                {
                    leaves.Add(key, leaf);
                }
            }
            else
            {
                leaves.Add(name, value);
            }
        }

        return leaves;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
