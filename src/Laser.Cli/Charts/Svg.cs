using System.Globalization;
using System.Xml.Linq;

namespace Laser.Cli.Charts;

/// <summary>The few elements of SVG that charts are made of. Text is escaped by what writes the XML.</summary>
internal static class Svg
{
    private static readonly XNamespace Namespace = "http://www.w3.org/2000/svg";

    /// <summary>An element of attributes, given as pairs, and of what else there is.</summary>
    public static XElement Element(string name, params object[] content)
    {
        var element = new XElement(Namespace + name);
        foreach (object part in content)
        {
            element.Add(part switch
            {
                (string attribute, double value) => new XAttribute(attribute, Number(value)),
                (string attribute, int value) => new XAttribute(attribute, value),
                (string attribute, string value) => new XAttribute(attribute, value),
                _ => part,
            });
        }

        return element;
    }

    public static XElement Text(double x, double y, string text, string anchor, params object[] attributes) =>
        Element("text", [("x", x), ("y", y), ("text-anchor", anchor), .. attributes, text]);

    /// <summary>A line of a grid.</summary>
    public static XElement Line(double x1, double y1, double x2, double y2) => Element(
        "line",
        ("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2),
        ("stroke", "#808080"), ("stroke-opacity", "0.3"));

    /// <summary>A length in pixels.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
