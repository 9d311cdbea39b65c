using System.Buffers;
using System.Text;
using Laser.Serve.Engine.Requests;
using Laser.Serve.Tokenization;

namespace Laser.Serve.Engine.Output;

/// <summary>
/// Turns generated tokens into text, on the reader's side: whole characters, nothing that may still become part of a
/// stop string, nothing from a stop string on, or nothing behind one where the request includes it. Bytes that are no
/// UTF-8 become U+FFFD, an unfinished character at the very end too.
/// </summary>
internal sealed class OutputText
{
    private readonly ContinuationBytes _bytes;
    private readonly StopMatcher _stop;
    private readonly ArrayBufferWriter<byte> _pending = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly bool _includesStop;

    public OutputText(ITokenizer tokenizer, GenerationRequest request, StopStrings stops)
    {
        _bytes = new ContinuationBytes(tokenizer, request);
        _stop = new StopMatcher(stops, request.MinTokens);
        _includesStop = request.IncludeStop;
    }

    /// <summary>Takes tokens and returns the text that is complete with them.</summary>
    public string Append(ReadOnlySpan<int> tokenIds)
    {
        foreach (int id in tokenIds)
        {
            ReadOnlySpan<byte> bytes = _bytes.Next(id);
            _pending.Write(bytes[.._stop.Read(bytes)]);
        }

        return Release(_pending.WrittenCount - (_includesStop ? 0 : _stop.HeldBack), flush: false);
    }

    /// <summary>The rest, now that no token follows.</summary>
    public string End() =>
        Release(_pending.WrittenCount - (_stop.Match is null || _includesStop ? 0 : _stop.HeldBack), flush: true);

    private string Release(int byteCount, bool flush)
    {
        ReadOnlySpan<byte> pending = _pending.WrittenSpan;
        char[] characters = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(byteCount));
        int length = _decoder.GetChars(pending[..byteCount], characters, flush);
        var text = new string(characters, 0, length);
        ArrayPool<char>.Shared.Return(characters);

        byte[] rest = pending[byteCount..].ToArray();
        _pending.ResetWrittenCount();
        _pending.Write(rest);
        return text;
    }
}
