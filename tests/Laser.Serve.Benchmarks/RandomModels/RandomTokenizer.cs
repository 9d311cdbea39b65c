using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Laser.Serve.Benchmarks.RandomModels;

/// <summary>
/// A <c>tokenizer.json</c> for a random checkpoint: byte-level BPE with all bytes and words enough to fill the
/// vocabulary. There are no merges, so that it reads a text as bytes; its words come out of the model.
/// </summary>
internal static class RandomTokenizer
{
    private const string Consonants = "bcdfghjklmnpqrstvwxyz";
    private const string Vowels = "aeiou";
    private const char Space = '\u0120'; // the space of byte-level BPE

    private static readonly JsonSerializerOptions Json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Create()
    {
        var vocabulary = new JsonObject();
        foreach (char letter in ByteLetters())
        {
            vocabulary.Add(letter.ToString(), vocabulary.Count);
        }

        for (int number = 0; vocabulary.Count < PeerShape.VocabularySize; number++)
        {
            vocabulary.Add((number % 2 == 0 ? Space : "") + Word(number / 2), vocabulary.Count);
        }

        JsonObject ByteLevel() => new()
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = false,
            ["trim_offsets"] = true,
            ["use_regex"] = true,
        };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = ByteLevel(),
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        }.ToJsonString(Json);
    }

    // Bytes that print stand for themselves; the others get the letters from 256 on, in their order.
    private static IEnumerable<char> ByteLetters()
    {
        int next = 256;
        for (int value = 0; value < 256; value++)
        {
            bool prints = value is (> 32 and < 127) or (> 160 and not 173);
            yield return (char)(prints ? value : next++);
        }
    }

    // Two syllables or more, each number another word.
    private static string Word(int number)
    {
        string word = "";
        do
        {
            (number, int syllable) = Math.DivRem(number, Consonants.Length * Vowels.Length);
            word += $"{Consonants[syllable / Vowels.Length]}{Vowels[syllable % Vowels.Length]}";
        }
        while (number > 0 || word.Length < 4);

        return word;
    }
}
