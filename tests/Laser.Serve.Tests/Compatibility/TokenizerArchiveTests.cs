using System.IO.Compression;
using Laser.Serve.Compatibility.Vllm;

namespace Laser.Serve.Tests.Compatibility;

public sealed class TokenizerArchiveTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    [Fact]
    public async Task PackAsync_Folder_HasTheTokenizersFilesAndNothingElse()
    {
        await WriteAsync("tokenizer.json", "{}");
        await WriteAsync("chat_template.jinja", "template");
        await WriteAsync("model.safetensors", "weights");

        byte[] bytes = await TokenizerArchive.PackAsync(_folder.FullName, CancellationToken.None);

        using var archive = new ZipArchive(new MemoryStream(bytes));
        Assert.Equal(["tokenizer.json", "chat_template.jinja"], archive.Entries.Select(entry => entry.Name));
    }

    [Fact]
    public async Task PackAsync_SameFilesWrittenAgain_GivesTheSameBytes()
    {
        await WriteAsync("tokenizer.json", "{}");
        byte[] first = await TokenizerArchive.PackAsync(_folder.FullName, CancellationToken.None);
        await WriteAsync("tokenizer.json", "{}");
        File.SetLastWriteTimeUtc(Path.Combine(_folder.FullName, "tokenizer.json"), DateTime.UnixEpoch.AddYears(40));

        Assert.Equal(first, await TokenizerArchive.PackAsync(_folder.FullName, CancellationToken.None));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task WriteAsync(string name, string text) =>
        File.WriteAllTextAsync(Path.Combine(_folder.FullName, name), text);
}
