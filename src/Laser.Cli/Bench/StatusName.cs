using System.Text;
using Grpc.Core;

namespace Laser.Cli.Bench;

/// <summary>Names of status codes as the gRPC specification spells them.</summary>
internal static class StatusName
{
    /// <summary>Such as RESOURCE_EXHAUSTED.</summary>
    public static string Of(StatusCode code)
    {
        var name = new StringBuilder();
        string text = code.ToString();
        for (int i = 0; i < text.Length; i++)
        {
            if (i > 0 && char.IsUpper(text[i]) && char.IsLower(text[i - 1]))
            {
                name.Append('_');
            }

            name.Append(char.ToUpperInvariant(text[i]));
        }

        return name.ToString();
    }
}
