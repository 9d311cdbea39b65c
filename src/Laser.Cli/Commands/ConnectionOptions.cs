using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using Laser.Client;

namespace Laser.Cli.Commands;

/// <summary>Where the server is and how to be let in, the same for every command that talks to one.</summary>
internal sealed class ConnectionOptions
{
    private const string KeyVariable = "LASER_API_KEY";

    private readonly Option<Uri[]> _address = new("--address", "-a")
    {
        Description = "Address of the server: http://, https:// or dns:///HOST:PORT; may be repeated.",
        DefaultValueFactory = _ => [new Uri("http://127.0.0.1:50051")],
        CustomParser = result => [.. result.Tokens.Select(token => ParseAddress(token.Value, result)).OfType<Uri>()],
    };

    // No default value: the help text would print the key.
    private readonly Option<string?> _apiKey = new("--api-key")
    {
        Description = $"API key (default: {KeyVariable} in the environment, which other users cannot see).",
    };

    private readonly Option<FileInfo?> _ca = new("--ca")
    {
        Description = "PEM file of the authorities to trust (default: the system's).",
    };

    public void AddTo(Command command)
    {
        command.Add(_address);
        command.Add(_apiKey);
        command.Add(_ca);
    }

    /// <returns>A client, or null after an error that has been printed.</returns>
    public async Task<LaserClient?> ConnectAsync(ParseResult result)
    {
        try
        {
            return new LaserClient(Read(result));
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            await Console.Error.WriteLineAsync($"Cannot connect: {e.Message}");
            return null;
        }
    }

    public LaserClientOptions Read(ParseResult result)
    {
        string? key = result.GetValue(_apiKey) ?? Environment.GetEnvironmentVariable(KeyVariable);
        return new LaserClientOptions
        {
            Addresses = result.GetRequiredValue(_address),
            ApiKey = string.IsNullOrEmpty(key) ? null : key,
            Tls = result.GetValue(_ca) is { } ca ? new LaserTlsOptions { CaFile = ca.FullName } : null,
        };
    }

    /// <returns>The address, or null after an error that the command line shows.</returns>
    public static Uri? ParseAddress(string text, ArgumentResult result)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" or "dns")
        {
            return address;
        }

        result.AddError($"'{text}' is no address; give one such as http://127.0.0.1:50051.");
        return null;
    }
}
