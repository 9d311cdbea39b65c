namespace Laser.Grpc.AspNetCore.Calls;

/// <summary>The token of a call and one given to a single operation, joined where they are two.</summary>
internal readonly struct LinkedToken : IDisposable
{
    private readonly CancellationTokenSource? _source;

    private LinkedToken(CancellationToken token, CancellationTokenSource? source)
    {
        Token = token;
        _source = source;
    }

    public CancellationToken Token { get; }

    public static LinkedToken Create(CancellationToken call, CancellationToken operation)
    {
        if (!operation.CanBeCanceled || operation == call)
        {
            return new LinkedToken(call, null);
        }

        var source = CancellationTokenSource.CreateLinkedTokenSource(call, operation);
        return new LinkedToken(source.Token, source);
    }

    public void Dispose() => _source?.Dispose();
}
