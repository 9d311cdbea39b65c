namespace Laser.Serve.Compatibility;

/// <summary>Version of the program.</summary>
internal static class ServerVersion
{
    public static string Text { get; } = typeof(ServerVersion).Assembly.GetName().Version!.ToString(3);
}
