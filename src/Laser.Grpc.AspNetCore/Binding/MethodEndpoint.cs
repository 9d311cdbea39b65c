using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Laser.Grpc.AspNetCore.Binding;

/// <summary>A method ready to be mapped.</summary>
/// <param name="Method">The method.</param>
/// <param name="Handle">Handles one call.</param>
/// <param name="Metadata">The attributes of the service and of its method, such as those for authorization.</param>
internal sealed record MethodEndpoint(IMethod Method, RequestDelegate Handle, IReadOnlyList<object> Metadata);
