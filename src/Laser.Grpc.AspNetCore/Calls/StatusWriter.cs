using System.Globalization;
using Grpc.Core;
using Laser.Grpc.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>Writes the end of a call: status, text and trailing metadata.</summary>
internal static class StatusWriter
{
    private static readonly string[] StatusNumbers =
        [.. Enumerable.Range(0, (int)StatusCode.Unauthenticated + 1).Select(FormatNumber)];

    public static void Write(IHeaderDictionary target, Status status)
    {
        int code = (int)status.StatusCode;
        target.GrpcStatus = (uint)code < (uint)StatusNumbers.Length ? StatusNumbers[code] : FormatNumber(code);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            target.GrpcMessage = PercentCoding.Encode(status.Detail);
        }
    }

    /// <summary>
    /// Appends metadata. What cannot be a header is left out and returned, as the end of a call must not fail.
    /// </summary>
    public static string? WriteMetadata(IHeaderDictionary target, Metadata metadata)
    {
        string? leftOut = null;
        for (int i = 0; i < metadata.Count; i++)
        {
            Metadata.Entry entry = metadata[i];
            if (entry.Key == GrpcHeaders.EncodingRequest)
            {
                continue;
            }

            if (GrpcHeaders.IsReserved(entry.Key) || (!entry.IsBinary && !MetadataCoding.IsSendable(entry.Value)))
            {
                leftOut = entry.Key;
            }
            else
            {
                // Not Append, which leaves out empty values.
                target[entry.Key] = StringValues.Concat(target[entry.Key], MetadataCoding.Encode(entry));
            }
        }

        return leftOut;
    }

    private static string FormatNumber(int code) => code.ToString(CultureInfo.InvariantCulture);
}
