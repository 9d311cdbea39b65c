using System.Text;
using Laser.Serve.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laser.Serve.Tests.Security;

/// <summary>Whose a request is, for the engine: its key says so, and nothing else that it carries.</summary>
public class ApiKeyGateTests
{
    private const string Named = "a-key-with-a-name";
    private const string Rotated = "another-with-that-name";
    private const string Unnamed = "a-key-without-a-name";

    private readonly CurrentCaller _caller = new();

    [Theory]
    [InlineData(Named, "team")]
    [InlineData(Rotated, "team")]
    public async Task InvokeAsync_NamedKey_ItsNameIsTheCallers(string key, string expected)
    {
        Assert.Equal(expected, await CallerOf(key));
        Assert.Null(_caller.Name);
    }

    [Fact]
    public async Task InvokeAsync_KeyWithoutAName_IsACallerOfItsOwn()
    {
        string? caller = await CallerOf(Unnamed);

        Assert.Equal($"unnamed {Convert.ToHexString(ApiKeyHash.Compute(Unnamed))}", caller);
    }

    [Fact]
    public async Task InvokeAsync_TwoAtOnce_EachHasItsOwn()
    {
        string?[] callers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => CallerOf(i % 2 == 0 ? Named : Unnamed)));

        Assert.Equal(2, callers.Distinct().Count());
        Assert.All(callers.Where((_, i) => i % 2 == 0), caller => Assert.Equal("team", caller));
    }

    private async Task<string?> CallerOf(string key)
    {
        byte[] file = Encoding.UTF8.GetBytes($"{Named} team\n{Rotated} team\n{Unnamed}\n");
        var keys = new ApiKeyRing(ApiKeyFile.Parse(new SecretFile("keys", "keys"), file));
        string? seen = null;
        var gate = new ApiKeyGate(
            async _ =>
            {
                await Task.Yield();
                seen = _caller.Name;
            },
            new ReloadedFiles<ApiKeyRing>([], _ => keys),
            _caller,
            new ApiKeyOptions(),
            NullLogger<ApiKeyGate>.Instance);
        var context = new DefaultHttpContext();
        context.Request.Path = "/laser.serve.v1.Generation/Generate";
        context.Request.Headers["x-api-key"] = key;
        context.Request.Headers["x-fairness-key"] = "somebody else";
        await gate.InvokeAsync(context);
        return seen;
    }
}
