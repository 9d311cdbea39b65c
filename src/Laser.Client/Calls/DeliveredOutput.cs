using Grpc.Core;
using Laser.Serve.V1;

namespace Laser.Client.Calls;

/// <summary>
/// What a stream has delivered, so that a second one can go on behind it. Messages of the second stream are cut where
/// the first one broke, which may be in the middle of one, and what is cut off must be what was delivered.
/// </summary>
internal sealed class DeliveredOutput
{
    private readonly Dictionary<uint, Sequence> _sequences = [];
    private bool _hasPrompt;

    public int TokenCount => _sequences.Values.Sum(sequence => sequence.Tokens.Count);

    /// <summary>The request comes again, from its beginning.</summary>
    public void Rewind()
    {
        foreach (Sequence sequence in _sequences.Values)
        {
            sequence.Rewind();
        }
    }

    /// <summary>Takes a message.</summary>
    /// <returns>What is new in it, or null where nothing is.</returns>
    /// <exception cref="RpcException">DATA_LOSS: it is not what was delivered.</exception>
    public GenerateResponse? Take(GenerateResponse message)
    {
        if (!_sequences.TryGetValue(message.Index, out Sequence? sequence))
        {
            _sequences[message.Index] = sequence = new Sequence();
        }

        bool isReplay = sequence.IsReplaying;
        GenerateResponse fresh = sequence.Take(message);
        if (_hasPrompt)
        {
            fresh.Prompt = null;
        }

        _hasPrompt |= message.Prompt is not null;
        bool isEmpty = fresh.Text.Length == 0 && fresh.TokenIds.Count == 0 && fresh.Finish is null && fresh.Prompt is null;
        return isReplay && isEmpty ? null : fresh;
    }

    private sealed class Sequence
    {
        private readonly System.Text.StringBuilder _text = new();
        private int _tokenPosition;
        private int _textPosition;
        private bool _hasFinished;

        public List<uint> Tokens { get; } = [];

        public bool IsReplaying => _tokenPosition < Tokens.Count || _textPosition < _text.Length || _hasFinished;

        public void Rewind()
        {
            _tokenPosition = 0;
            _textPosition = 0;
        }

        public GenerateResponse Take(GenerateResponse message)
        {
            int oldTokens = Math.Min(message.TokenIds.Count, Tokens.Count - _tokenPosition);
            int oldText = Math.Min(message.Text.Length, _text.Length - _textPosition);
            if (!message.TokenIds.Take(oldTokens).SequenceEqual(Tokens.Skip(_tokenPosition).Take(oldTokens))
                || message.Text[..oldText] != _text.ToString(_textPosition, oldText))
            {
                throw new RpcException(new Status(
                    StatusCode.DataLoss, "The stream was asked for again and came back with other tokens."));
            }

            GenerateResponse fresh = oldTokens + oldText > 0 || _hasFinished ? Rest(message, oldTokens, oldText) : message;
            Tokens.AddRange(message.TokenIds.Skip(oldTokens));
            _text.Append(message.Text, oldText, message.Text.Length - oldText);
            _tokenPosition += message.TokenIds.Count;
            _textPosition += message.Text.Length;
            _hasFinished |= message.Finish is not null;
            return fresh;
        }

        private GenerateResponse Rest(GenerateResponse message, int oldTokens, int oldText)
        {
            var rest = new GenerateResponse
            {
                Index = message.Index,
                Text = message.Text[oldText..],
                Finish = _hasFinished ? null : message.Finish,
                Prompt = message.Prompt,
            };
            rest.TokenIds.AddRange(message.TokenIds.Skip(oldTokens));
            rest.Logprobs.AddRange(message.Logprobs.Skip(oldTokens));
            return rest;
        }
    }
}
