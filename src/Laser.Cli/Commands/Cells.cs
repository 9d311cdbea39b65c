namespace Laser.Cli.Commands;

/// <summary>Figures as tables show them.</summary>
internal static class Cells
{
    public static string Number(double value) => value < 100 ? $"{value:0.00}" : $"{value:0}";

    public static string Milliseconds(double seconds) =>
        seconds < 0.1 ? $"{seconds * 1000:0.0}" : $"{seconds * 1000:0}";

    public static string Percent(double part) => $"{part * 100:0.0} %";
}
