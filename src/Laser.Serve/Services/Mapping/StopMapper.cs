using System.Text;
using Grpc.Core;
using Laser.Serve.Hosting;
using Laser.Serve.V1;
using static Laser.Serve.Services.Mapping.FieldCheck;

namespace Laser.Serve.Services.Mapping;

/// <summary>The field <c>stop</c> of a request.</summary>
internal static class StopMapper
{
    private const int MaxStrings = 16;
    private const int MaxStringBytes = 256;
    private const int MaxTokenIds = 64;

    /// <summary>Tokens that end the text: the checkpoint's, unless they are to be ignored, and the request's.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field.</exception>
    public static IReadOnlyList<int> TokenIds(StopParams stop, ServedModel model)
    {
        Count("stop.token_ids", stop.TokenIds.Count, MaxTokenIds);
        IReadOnlyList<int> own = FieldCheck.TokenIds("stop.token_ids", stop.TokenIds, model.VocabularySize);
        return stop.IgnoreEos ? own : [.. model.EndOfSequenceIds, .. own];
    }

    /// <summary>Strings that end the text.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT naming the field.</exception>
    public static IReadOnlyList<string> Strings(StopParams stop)
    {
        Count("stop.strings", stop.Strings.Count, MaxStrings);
        for (int i = 0; i < stop.Strings.Count; i++)
        {
            int bytes = Encoding.UTF8.GetByteCount(stop.Strings[i]);
            if (bytes is 0 or > MaxStringBytes)
            {
                throw Invalid($"stop.strings[{i}]", $"has {bytes} bytes; 1 to {MaxStringBytes} are allowed");
            }
        }

        return [.. stop.Strings];
    }
}
