using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Tests.Checkpoints;

public sealed class CheckpointIdentityTests : IDisposable
{
    private const string Name = "model.safetensors";
    private const string Header = """{"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_SameFiles_IsTheSame()
    {
        _folder.Write(Name, SafetensorsBytes.Of(Header, 4));

        Assert.Equal(CheckpointIdentity.Of(_folder.Path), CheckpointIdentity.Of(_folder.Path));
        Assert.Matches("^[0-9a-f]{32}$", CheckpointIdentity.Of(_folder.Path));
    }

    [Fact]
    public void Of_OtherTimeHeaderOrFiles_IsAnother()
    {
        string path = _folder.Write(Name, SafetensorsBytes.Of(Header, 4));
        var seen = new HashSet<string> { CheckpointIdentity.Of(_folder.Path) };

        DateTime time = File.GetLastWriteTimeUtc(path);
        File.SetLastWriteTimeUtc(path, time.AddSeconds(1));
        Assert.True(seen.Add(CheckpointIdentity.Of(_folder.Path)));

        _folder.Write(Name, SafetensorsBytes.Of(Header.Replace("[1,2]", "[2,1]", StringComparison.Ordinal), 4));
        File.SetLastWriteTimeUtc(path, time);
        Assert.True(seen.Add(CheckpointIdentity.Of(_folder.Path)));

        _folder.Write("second.safetensors", SafetensorsBytes.Of(Header, 4));
        Assert.True(seen.Add(CheckpointIdentity.Of(_folder.Path)));
    }

    [Fact]
    public void Of_BrokenFile_IsRefused()
    {
        _folder.Write(Name, [1, 2, 3]);

        Assert.Throws<CheckpointException>(() => CheckpointIdentity.Of(_folder.Path));
    }
}
