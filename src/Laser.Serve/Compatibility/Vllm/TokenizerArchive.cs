using System.IO.Compression;

namespace Laser.Serve.Compatibility.Vllm;

/// <summary>What a gateway needs to make a model's tokens and prompts itself, as a zip file.</summary>
internal static class TokenizerArchive
{
    private static readonly string[] Files =
    [
        "tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json", "special_tokens_map.json",
        "chat_template.jinja",
    ];

    // The same files give the same bytes, whenever they were copied here: a gateway compares the hash.
    private static readonly DateTimeOffset Timestamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Packs those of the files that a checkpoint folder has.</summary>
    public static async Task<byte[]> PackAsync(string folder, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await using (ZipArchive archive = await ZipArchive.CreateAsync(
            bytes, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken))
        {
            foreach (string name in Files.Where(name => File.Exists(Path.Combine(folder, name))))
            {
                ZipArchiveEntry entry = archive.CreateEntry(name);
                entry.LastWriteTime = Timestamp;
                await using FileStream file = File.OpenRead(Path.Combine(folder, name));
                await using Stream content = await entry.OpenAsync(cancellationToken);
                await file.CopyToAsync(content, cancellationToken);
            }
        }

        return bytes.ToArray();
    }
}
