using System.CommandLine;
using Laser.Serve.Security;

namespace Laser.Cli.Commands;

/// <summary><c>laser hash-key</c>: the hash of an API key, to be stored in its place.</summary>
internal static class HashKeyCommand
{
    public static Command Create()
    {
        // From the standard input: arguments stay in the shell's history and are seen by other users.
        var command = new Command("hash-key", "Reads an API key from the standard input and prints its hash.");
        command.SetAction(async (_, cancellationToken) =>
        {
            string key = (await Console.In.ReadLineAsync(cancellationToken) ?? "").Trim();
            try
            {
                Console.WriteLine(ApiKeyHash.Format(key));
                return 0;
            }
            catch (ArgumentException)
            {
                await Console.Error.WriteLineAsync(
                    $"That is no key: it must be at least {ApiKeyHash.MinKeyLength} ASCII characters without a space.");
                return 1;
            }
        });
        return command;
    }
}
