using Laser.Grpc.AspNetCore.Calls;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>Leads from a call to its HTTP request.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>The HTTP request of a call.</summary>
    /// <param name="serverCallContext">The call; one that wraps another hands on its <c>UserState</c>.</param>
    /// <exception cref="InvalidOperationException">The call does not come from this server.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        if (serverCallContext is ServerCall call)
        {
            return call.HttpContext;
        }

        return serverCallContext.UserState.TryGetValue(ServerCall.HttpContextKey, out object? value)
            && value is HttpContext context
            ? context
            : throw new InvalidOperationException("The call has no HTTP request.");
    }
}
