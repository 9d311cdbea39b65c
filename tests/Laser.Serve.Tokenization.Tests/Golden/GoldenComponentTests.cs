using System.Text.Json;
using Laser.Serve.Tokenization.Loading;
using Laser.Serve.Tokenization.Normalizers;
using Laser.Serve.Tokenization.PreTokenizers;

namespace Laser.Serve.Tokenization.Tests.Golden;

/// <summary>What single components of Hugging Face's library make of texts, see Generator/generate.js.</summary>
public sealed class GoldenComponentTests
{
    [Fact]
    public void Split_GoldenTexts_GivesGoldenPieces()
    {
        foreach (PreTokenizerGolden golden in TestFiles.ReadGolden<PreTokenizerGolden>("pretokenizers"))
        {
            string component = golden.Component.GetRawText();
            IPreTokenizer preTokenizer = PreTokenizerReader.Read(TestFiles.Field(component), normalizer: null)!;
            foreach (SplitCase item in golden.Cases)
            {
                var pieces = new List<Piece>();
                preTokenizer.Split(new Piece(item.Text.AsMemory(), AtStart: true), pieces);
                string[] actual = [.. pieces.Select(piece => piece.Text.ToString())];
                Assert.True(
                    item.Pieces.SequenceEqual(actual, StringComparer.Ordinal),
                    $"{component} of {item.Text}: {string.Join('|', item.Pieces)} and not {string.Join('|', actual)}");
            }
        }
    }

    [Fact]
    public void Normalize_GoldenTexts_GivesGoldenTexts()
    {
        foreach (NormalizerGolden golden in TestFiles.ReadGolden<NormalizerGolden>("normalizers"))
        {
            string component = golden.Component.GetRawText();
            INormalizer normalizer = NormalizerReader.Read(TestFiles.Field(component))!;
            foreach (NormalizeCase item in golden.Cases)
            {
                Assert.True(
                    string.Equals(item.Result, normalizer.Normalize(item.Text), StringComparison.Ordinal),
                    $"{component} of {item.Text}");
            }
        }
    }

    private sealed record PreTokenizerGolden(JsonElement Component, SplitCase[] Cases);

    private sealed record SplitCase(string Text, string[] Pieces);

    private sealed record NormalizerGolden(JsonElement Component, NormalizeCase[] Cases);

    private sealed record NormalizeCase(string Text, string Result);
}
