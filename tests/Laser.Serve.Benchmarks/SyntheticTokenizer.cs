using System.Text;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Benchmarks;

/// <summary>
/// A vocabulary of 128,000 tokens, about as those of large models are: all bytes, words with and without a space, parts
/// of words, numbers, punctuation, a few thousand words outside ASCII.
/// </summary>
internal sealed class SyntheticTokenizer : ITokenizer
{
    private const int Size = 128_000;

    private static readonly string[] Onsets = "b c d f g h j k l m n p r s t v w st tr pl ch sh qu".Split(' ');
    private static readonly string[] Vowels = "a e i o u ea ou ai io".Split(' ');
    private static readonly string[] Ends = ["", "", "n", "r", "s", "t", "l", "ng", "ck"];

    private readonly byte[][] _tokens;

    public SyntheticTokenizer()
    {
        var random = new Random(7);
        var tokens = new List<byte[]>(Enumerable.Range(0, 256).Select(value => new[] { (byte)value }));
        var seen = new HashSet<string>();
        for (int number = 0; number < 1000; number++)
        {
            seen.Add($"{number}");
        }

        while (seen.Count < Size - 256)
        {
            seen.Add(Token(random));
        }

        tokens.AddRange(seen.Select(Encoding.UTF8.GetBytes));
        _tokens = [.. tokens];
    }

    public int VocabularySize => _tokens.Length;

    public ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false) => _tokens[id];

    public bool IsSpecial(int id) => false;

    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true) => throw new NotSupportedException();

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true) => throw new NotSupportedException();

    public bool TryGetId(string token, out int id) => throw new NotSupportedException();

    private static string Token(Random random)
    {
        switch (random.Next(20))
        {
            case 0:
                return new string(random.GetItems("{}[]():;,.\"'<>/\\=+-*_# \n".AsSpan(), random.Next(2, 6)));
            case 1:
                IEnumerable<int> letters = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(0x400, 0x9FFF));
                return string.Concat(letters.Select(letter => (char)letter));
            default:
                string word = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Syllable(random)));
                word = random.Next(4) == 0 ? char.ToUpperInvariant(word[0]) + word[1..] : word;
                return random.Next(2) == 0 ? " " + word : word;
        }
    }

    private static string Syllable(Random random)
    {
        return Onsets[random.Next(Onsets.Length)] + Vowels[random.Next(Vowels.Length)] + Ends[random.Next(Ends.Length)];
    }
}
