using Grpc.Core;
using Laser.Serve.Compatibility.Vllm;

namespace Laser.Serve.Tests.Compatibility;

public class RunningCallsTests
{
    private readonly RunningCalls _calls = new(TimeProvider.System);

    [Fact]
    public async Task Abort_Running_CancelsItAlone()
    {
        using RunningCall one = _calls.Start("one", CancellationToken.None);
        using RunningCall two = _calls.Start("two", CancellationToken.None);

        _calls.Abort("one");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, one.Token));
        Assert.True(one.IsAborted);
        Assert.False(two.IsAborted || two.Token.IsCancellationRequested);
    }

    [Fact]
    public void Abort_UnknownOrEnded_DoesNothing()
    {
        RunningCall ended = _calls.Start("ended", CancellationToken.None);
        ended.Dispose();

        _calls.Abort("ended");
        _calls.Abort("never there");
        _calls.Abort("");

        Assert.False(ended.IsAborted);
    }

    [Fact]
    public void Start_NameInUse_IsRefusedUntilItIsFree()
    {
        RunningCall first = _calls.Start("name", CancellationToken.None);

        RpcException e = Assert.Throws<RpcException>(() => _calls.Start("name", CancellationToken.None));
        Assert.Equal(StatusCode.AlreadyExists, e.StatusCode);
        _calls.Abort("name");
        Assert.True(first.IsAborted); // the refused one has not taken its place

        first.Dispose();
        _calls.Start("name", CancellationToken.None).Dispose();
    }

    [Fact]
    public void Start_WithoutName_MayBeMany()
    {
        using RunningCall one = _calls.Start("", CancellationToken.None);
        using RunningCall two = _calls.Start("", CancellationToken.None);

        _calls.Abort("");

        Assert.False(one.IsAborted || two.IsAborted);
    }

    [Fact]
    public void Token_ClientGone_IsCancelledWithoutAbort()
    {
        using var client = new CancellationTokenSource();
        using RunningCall call = _calls.Start("name", client.Token);

        client.Cancel();

        Assert.True(call.Token.IsCancellationRequested);
        Assert.False(call.IsAborted);
    }
}
