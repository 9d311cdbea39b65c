using System.Buffers;
using System.Text;
using Laser.Serve.Tokenization.AddedTokens;
using Laser.Serve.Tokenization.Decoders;
using Laser.Serve.Tokenization.Models;
using Laser.Serve.Tokenization.Normalizers;
using Laser.Serve.Tokenization.PostProcessors;
using Laser.Serve.Tokenization.PreTokenizers;

namespace Laser.Serve.Tokenization;

/// <summary>
/// The stages of a <c>tokenizer.json</c> in their order: added tokens of the raw text, normalizer, added tokens of the
/// normalized text, pre-tokenizer, model, post-processor.
/// </summary>
internal sealed class PipelineTokenizer : ITokenizer
{
    private readonly AddedVocabulary _added;
    private readonly INormalizer? _normalizer;
    private readonly IPreTokenizer? _preTokenizer;
    private readonly BpeModel _model;
    private readonly SpecialTokenTemplate _template;
    private readonly TokenByteTable _bytes;

    public PipelineTokenizer(
        AddedVocabulary added,
        INormalizer? normalizer,
        IPreTokenizer? preTokenizer,
        BpeModel model,
        SpecialTokenTemplate template,
        TokenByteTable bytes)
    {
        _added = added;
        _normalizer = normalizer;
        _preTokenizer = preTokenizer;
        _model = model;
        _template = template;
        _bytes = bytes;
    }

    public int VocabularySize => _bytes.Count;

    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);

        var run = new Run([], [], new BpeWord());
        if (addSpecialTokens)
        {
            run.Ids.AddRange(_template.Before);
        }

        string source = ReplaceLoneSurrogates(text);
        var segments = new List<TextSegment>();
        _added.FindRaw(source, segments);
        foreach (TextSegment segment in segments)
        {
            EncodeSegment(source, segment, run);
        }

        if (addSpecialTokens)
        {
            run.Ids.AddRange(_template.After);
        }

        return run.Ids;
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        var bytes = new ArrayBufferWriter<byte>(Math.Max(4 * ids.Length, 16));
        bool startsText = true;
        foreach (int id in ids)
        {
            if (skipSpecialTokens && IsSpecial(id))
            {
                continue;
            }

            bytes.Write(_bytes.Get(id, startsText));
            startsText = startsText && _bytes.Get(id, startsText: false).IsEmpty;
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public ReadOnlySpan<byte> TokenBytes(int id, bool startsText = false)
    {
        return _bytes.Get(id, startsText);
    }

    public bool IsSpecial(int id)
    {
        return _added.IsSpecial(id);
    }

    public bool TryGetId(string token, out int id)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _added.TryGetId(token, out id) || _model.Vocabulary.TryGetId(token, out id);
    }

    private void EncodeSegment(string source, TextSegment segment, Run run)
    {
        if (segment.TokenId is int token)
        {
            run.Ids.Add(token);
            return;
        }

        string raw = source.Substring(segment.Start, segment.Length);
        string text = _normalizer is null ? raw : _normalizer.Normalize(raw);
        var parts = new List<TextSegment>();
        _added.FindNormalized(text, parts);
        foreach (TextSegment part in parts)
        {
            if (part.TokenId is int id)
            {
                run.Ids.Add(id);
            }
            else
            {
                bool atStart = segment.Start == 0 && part.Start == 0;
                EncodePiece(new Piece(text.AsMemory(part.Start, part.Length), atStart), run);
            }
        }
    }

    private void EncodePiece(Piece piece, Run run)
    {
        if (_preTokenizer is null)
        {
            _model.Tokenize(piece.Text.Span, run.Word, run.Ids);
            return;
        }

        run.Words.Clear();
        _preTokenizer.Split(piece, run.Words);
        foreach (Piece word in run.Words)
        {
            _model.Tokenize(word.Text.Span, run.Word, run.Ids);
        }
    }

    // HF works on UTF-8, where a lone surrogate cannot be; its bindings replace it so.
    private static string ReplaceLoneSurrogates(string text)
    {
        int index = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (index < 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length).Append(text, 0, index);
        foreach (Rune rune in text.AsSpan(index).EnumerateRunes())
        {
            result.Append(rune.ToString());
        }

        return result.ToString();
    }

    /// <summary>What one call of <see cref="Encode"/> works with.</summary>
    private readonly record struct Run(List<int> Ids, List<Piece> Words, BpeWord Word);
}
