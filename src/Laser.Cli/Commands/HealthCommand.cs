using System.CommandLine;
using Grpc.Core;
using Grpc.Net.Client;
using Laser.Serve.Protocol.Health;

namespace Laser.Cli.Commands;

/// <summary>
/// <c>laser health</c>: exit code 0 if a server says that it serves. For the health checks of containers, whose image has
/// no other program that could ask.
/// </summary>
internal static class HealthCommand
{
    public static Command Create()
    {
        var address = new Option<Uri>("--address", "-a")
        {
            Description = "Where gRPC health is answered: http://HOST:PORT.",
            DefaultValueFactory = _ => new Uri("http://127.0.0.1:50051"),
            CustomParser = result => ConnectionOptions.ParseAddress(result.Tokens[0].Value, result),
        };
        var service = new Option<string>("--service")
        {
            Description = "What to ask about: readiness, liveness, a service's full name, or nothing for the server.",
            DefaultValueFactory = _ => "readiness",
        };
        var timeout = new Option<double>("--timeout")
        {
            Description = "Seconds to wait for the answer.",
            DefaultValueFactory = _ => 4,
        };
        var command = new Command("health", "Asks a server whether it serves.") { address, service, timeout };
        command.SetAction((result, cancellationToken) => AskAsync(
            result.GetRequiredValue(address),
            result.GetRequiredValue(service),
            TimeSpan.FromSeconds(result.GetValue(timeout)),
            cancellationToken));
        return command;
    }

    /// <returns>The exit code: 0 where the service is SERVING, else 1.</returns>
    private static async Task<int> AskAsync(
        Uri address, string service, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            using GrpcChannel channel = GrpcChannel.ForAddress(address);
            HealthCheckResponse answer = await new Health.HealthClient(channel).CheckAsync(
                new HealthCheckRequest { Service = service },
                deadline: DateTime.UtcNow + timeout,
                cancellationToken: cancellationToken);
            Console.WriteLine(answer.Status);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? 0 : 1;
        }
        catch (RpcException e)
        {
            await Console.Error.WriteLineAsync($"{e.StatusCode}: {e.Status.Detail}");
            return 1;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"Cannot connect: {e.Message}");
            return 1;
        }
    }
}
