using System.Text;

namespace Laser.Serve.Security;

/// <summary>
/// The key file: a line is a key or the hash of one, then, if wanted, a name. <c>#</c> at the start of a line or after
/// a space begins a comment.
/// </summary>
internal static class ApiKeyFile
{
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>The keys of a file, at least one.</summary>
    /// <exception cref="ArgumentException">Names the line that is wrong; never tells what is in it.</exception>
    public static IReadOnlyList<ApiKey> Parse(SecretFile file, byte[] content)
    {
        List<ApiKey> keys = [];
        string[] lines = Encoding.UTF8.GetString(content).TrimStart(ByteOrderMark).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = [.. Words(lines[i])];
            if (words.Length > 2)
            {
                throw file.Wrong($"line {i + 1} has more than a key and a name");
            }

            if (words.Length > 0)
            {
                byte[] hash = ApiKeyHash.Parse(words[0], out string? problem)
                    ?? throw file.Wrong($"line {i + 1} {problem}");
                keys.Add(new ApiKey(hash, words.ElementAtOrDefault(1)));
            }
        }

        // A file emptied by mistake must not shut every client out.
        return keys.Count > 0 ? keys : throw file.Wrong("holds no key");
    }

    private static IEnumerable<string> Words(string line) =>
        line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => !word.StartsWith('#'));
}
