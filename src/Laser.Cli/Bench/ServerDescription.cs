using Grpc.Core;
using Laser.Client;
using Laser.Serve.V1;

namespace Laser.Cli.Bench;

/// <summary>What was measured, as the server says.</summary>
internal sealed record ServerDescription
{
    /// <summary>Addresses of the servers; what follows is from one of them.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Version of the server.</summary>
    public required string Version { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>"laser" or "softmax".</summary>
    public required string AttentionVariant { get; init; }

    /// <summary>Parameters of the model.</summary>
    public required ulong ParameterCount { get; init; }

    /// <summary>Storage of its weights.</summary>
    public required string WeightType { get; init; }

    /// <summary>Tokens it has.</summary>
    public required uint VocabularySize { get; init; }

    /// <summary>Its longest sequence.</summary>
    public required uint ContextLength { get; init; }

    /// <summary>Device and instruction set.</summary>
    public required string Device { get; init; }

    /// <summary>Tokens that fit the cache.</summary>
    public required ulong CacheTokens { get; init; }

    /// <summary>Sequences that run at one time.</summary>
    public required uint MaxRunningSequences { get; init; }

    /// <summary>Tokens of a step.</summary>
    public required uint MaxTokensPerStep { get; init; }

    /// <summary>Requests that may wait.</summary>
    public required uint MaxQueuedRequests { get; init; }

    /// <summary>Asks a server.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="addresses">Where it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">There is no answer.</exception>
    public static async Task<ServerDescription> GetAsync(
        LaserClient client, IEnumerable<Uri> addresses, CancellationToken cancellationToken)
    {
        Model model = await client.GetModelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        ServerInfo info = await client.GetServerInfoAsync(cancellationToken).ConfigureAwait(false);
        return new ServerDescription
        {
            Addresses = [.. addresses.Select(address => address.GetLeftPart(UriPartial.Authority))],
            Version = info.Version,
            Model = model.Name,
            AttentionVariant = model.AttentionVariant,
            ParameterCount = model.ParameterCount,
            WeightType = model.WeightType,
            VocabularySize = model.VocabularySize,
            ContextLength = model.ContextLength,
            Device = model.Device,
            CacheTokens = model.CacheTokenCapacity,
            MaxRunningSequences = info.MaxRunningSequences,
            MaxTokensPerStep = info.MaxTokensPerStep,
            MaxQueuedRequests = info.MaxQueuedRequests,
        };
    }
}
