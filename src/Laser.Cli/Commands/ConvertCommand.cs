using System.CommandLine;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Conversion;

namespace Laser.Cli.Commands;

/// <summary>
/// <c>laser convert SOURCE --to FOLDER</c>: makes a checkpoint the server reads out of one of x-transformers.
/// </summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var source = new Argument<DirectoryInfo>("source")
        {
            Description = "Folder with model.safetensors (or shards and their index) and x-transformers.json.",
        };
        var target = new Option<DirectoryInfo>("--to", "-o")
        {
            Description = "Folder to be made.",
            Required = true,
        };
        var tokenizer = new Option<DirectoryInfo?>("--tokenizer")
        {
            Description = "Folder whose tokenizer.json (and tokenizer_config.json) is copied.",
        };
        var force = new Option<bool>("--force") { Description = "Replace a checkpoint that lies there." };
        var command = new Command("convert", "Makes a checkpoint for the server out of one of x-transformers.")
        {
            source, target, tokenizer, force,
        };
        command.SetAction((result, cancellationToken) => Task.Run(
            () => Run(
                new ConversionRequest
                {
                    Source = result.GetValue(source)!.FullName,
                    Target = result.GetValue(target)!.FullName,
                    Tokenizer = result.GetValue(tokenizer)?.FullName,
                    Overwrite = result.GetValue(force),
                },
                cancellationToken),
            CancellationToken.None));
        return command;
    }

    private static int Run(ConversionRequest request, CancellationToken cancellationToken)
    {
        try
        {
            Print(request, XTransformersConverter.Convert(request, cancellationToken));
            return 0;
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            return StreamedText.CancelledExitCode;
        }
    }

    private static void Print(ConversionRequest request, ConversionResult result)
    {
        Console.WriteLine($"""
            written         {request.Target}
            attention       {result.Config.Attention.Variant.ToString().ToLowerInvariant()}
            layers          {result.Config.LayerCount}, width {result.Config.HiddenSize}
            tensors         {result.TensorCount}, {result.ByteSize / 1e6:0.0} MB
            """);
        if (!result.HasTokenizer)
        {
            Console.Error.WriteLine(
                "No tokenizer: put a tokenizer.json into the folder before it is served, or convert with --tokenizer.");
        }

        if (result.Config.EosTokenIds.Count == 0)
        {
            Console.Error.WriteLine("No eos_token_id was given: every text goes on to its token limit.");
        }
    }
}
