using System.CommandLine;
using Grpc.Core;
using Laser.Client;
using Laser.Serve.V1;

namespace Laser.Cli.Commands;

/// <summary><c>laser model --address URL</c>: what a server serves.</summary>
internal static class ModelCommand
{
    public static Command Create()
    {
        var command = new Command("model", "Tells what a server serves.");
        var connection = new ConnectionOptions();
        connection.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using LaserClient? client = await connection.ConnectAsync(result);
            if (client is null)
            {
                return 1;
            }

            try
            {
                Print(await client.GetModelAsync(cancellationToken: cancellationToken));
                return 0;
            }
            catch (RpcException e)
            {
                await Console.Error.WriteLineAsync($"{e.StatusCode}: {e.Status.Detail}");
                return 1;
            }
            catch (OperationCanceledException)
            {
                return StreamedText.CancelledExitCode;
            }
        });
        return command;
    }

    private static void Print(Model model)
    {
        Console.WriteLine($"""
            name            {model.Name}
            attention       {model.AttentionVariant}
            parameters      {model.ParameterCount / 1e6:0.0} M, {model.WeightType}
            layers          {model.Layers}, width {model.HiddenSize}
            heads           {model.Heads}, {model.KvHeads} of keys and values, of {model.HeadDim} channels
            context         {model.ContextLength} tokens
            vocabulary      {model.VocabularySize} tokens
            value cache     {model.ValueCacheType}, {model.CacheTokenCapacity} tokens
            device          {model.Device}
            """);
    }
}
