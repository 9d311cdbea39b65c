using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Laser.Serve.Errors;
using RpcStatus = Google.Rpc.Status;

namespace Laser.Serve.Compatibility;

/// <summary>Errors of the native API in the words of another protocol.</summary>
internal static class TranslatedErrors
{
    /// <summary>The same error with the caller's names of the fields.</summary>
    public static RpcException Translate(RpcException error, FieldNames names)
    {
        RpcStatus? status = RpcErrors.Details(error);
        Any? violations = status?.Details.FirstOrDefault(detail => detail.Is(BadRequest.Descriptor));
        if (status is null || violations is null)
        {
            return error;
        }

        BadRequest badRequest = violations.Unpack<BadRequest>();
        foreach (BadRequest.Types.FieldViolation violation in badRequest.FieldViolations)
        {
            violation.Field = names.Translate(violation.Field);
            violation.Description = names.TranslateText(violation.Description);
        }

        string message = string.Join(' ', badRequest.FieldViolations.Select(v => $"{v.Field} {v.Description}."));
        status.Message = message;
        status.Details[status.Details.IndexOf(violations)] = Any.Pack(badRequest);
        return RpcErrors.FromDetails(status);
    }

    /// <summary>The same stream with errors in the caller's words.</summary>
    public static async IAsyncEnumerable<T> TranslateErrors<T>(
        this IAsyncEnumerable<T> stream,
        FieldNames names,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using IAsyncEnumerator<T> items = stream.GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(items, names))
        {
            yield return items.Current;
        }
    }

    private static async ValueTask<bool> MoveNextAsync<T>(IAsyncEnumerator<T> items, FieldNames names)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (RpcException e)
        {
            throw Translate(e, names);
        }
    }
}
