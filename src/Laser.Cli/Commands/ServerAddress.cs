using System.CommandLine;

namespace Laser.Cli.Commands;

/// <summary>Where the server is.</summary>
internal static class ServerAddress
{
    public sealed class Option : Option<Uri>
    {
        public Option()
            : base("--address", "-a")
        {
            Description = "Address of the server.";
            DefaultValueFactory = _ => new Uri("http://127.0.0.1:50051");
            CustomParser = result =>
            {
                string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
                if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https")
                {
                    return address;
                }

                result.AddError($"'{text}' is no address; give one such as http://127.0.0.1:50051.");
                return null;
            };
        }
    }
}
