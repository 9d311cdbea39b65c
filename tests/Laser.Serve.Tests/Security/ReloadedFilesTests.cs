using System.Text;
using Laser.Serve.Security;

namespace Laser.Serve.Tests.Security;

public sealed class ReloadedFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("laser-reload-");

    [Fact]
    public void Refresh_NothingChanged_MakesNothing()
    {
        int made = 0;
        var files = new ReloadedFiles<string>(Files("a"), contents =>
        {
            made++;
            return Text(contents);
        });

        Assert.False(files.Refresh());
        Assert.Equal(1, made);
    }

    [Fact]
    public void Refresh_SameSizeAndTime_SeesTheContent()
    {
        var files = new ReloadedFiles<string>(Files("a"), Text);
        DateTime time = File.GetLastWriteTimeUtc(Name(0));
        File.WriteAllText(Name(0), "b");
        File.SetLastWriteTimeUtc(Name(0), time);

        Assert.True(files.Refresh());
        Assert.Equal("b", files.Current);
    }

    [Fact]
    public void Refresh_BytesMovedBetweenFiles_IsAChange()
    {
        var files = new ReloadedFiles<string>(Files("ab", "c"), contents => $"{contents[0].Length}");
        File.WriteAllText(Name(0), "a");
        File.WriteAllText(Name(1), "bc");

        Assert.True(files.Refresh());
        Assert.Equal("1", files.Current);
    }

    [Fact]
    public void Refresh_BadContent_ThrowsOnceAndKeepsWhatIsInUse()
    {
        var files = new ReloadedFiles<string>(
            Files("good"), contents => Text(contents) == "bad" ? throw new ArgumentException("bad") : Text(contents));
        File.WriteAllText(Name(0), "bad");

        Assert.Throws<ArgumentException>(() => files.Refresh());
        Assert.False(files.Refresh());
        Assert.Equal("good", files.Current);
        File.WriteAllText(Name(0), "better");
        Assert.True(files.Refresh());
        Assert.Equal("better", files.Current);
    }

    [Fact]
    public void Refresh_FileGone_ThrowsOnceNamingTheSetting()
    {
        var files = new ReloadedFiles<string>(Files("a"), Text);
        File.Delete(Name(0));

        Assert.StartsWith("Setting0: ", Assert.Throws<ArgumentException>(() => files.Refresh()).Message);
        Assert.False(files.Refresh());
        Assert.Equal("a", files.Current);
    }

    [Fact]
    public void Refresh_WithoutFiles_NeverChanges() =>
        Assert.False(new ReloadedFiles<string>([], _ => "fixed").Refresh());

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Text(IReadOnlyList<byte[]> contents) => Encoding.UTF8.GetString(contents[0]);

    private SecretFile[] Files(params string[] contents) =>
    [
        .. contents.Select((text, i) =>
        {
            File.WriteAllText(Name(i), text);
            return new SecretFile($"Setting{i}", Name(i));
        }),
    ];

    private string Name(int i) => Path.Combine(_folder.FullName, $"{i}");
}
