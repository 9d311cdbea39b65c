using Grpc.Core;
using Laser.Grpc.Tests.Hosting;

namespace Laser.Grpc.Tests.Core;

public sealed class MetadataTests
{
    [Fact]
    public void Add_Key_IsKeptInLowerCase()
    {
        var metadata = new Metadata { { "X-Key", "value" } };

        Assert.Equal("x-key", metadata[0].Key);
        Assert.Equal("value", metadata.GetValue("X-KEY"));
    }

    [Fact]
    public void Get_RepeatedKey_GivesTheLast()
    {
        var metadata = new Metadata { { "key", "first" }, { "other", "x" }, { "key", "last" } };

        Assert.Equal("last", metadata.GetValue("key"));
        Assert.Equal(["first", "last"], metadata.GetAll("key").Select(entry => entry.Value));
        Assert.Null(metadata.Get("missing"));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("colon:")]
    [InlineData("\u00fcber")]
    public void Entry_BadKey_IsRefused(string key) =>
        Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "x"));

    [OwnLayerFact("The packages take it.")]
    public void Entry_EmptyKey_IsRefused() => Assert.Throws<ArgumentException>(() => new Metadata.Entry("", "x"));

    [Fact]
    public void Entry_KindAndKeyDisagree_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key", [1]));
    }

    [Fact]
    public void Entry_Bytes_AreCopiedInAndOut()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("key-bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Equal([1, 2], entry.ValueBytes);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
    }

    [Fact]
    public void Empty_Change_IsRefused()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("key", "value"));
        Assert.Throws<InvalidOperationException>(Metadata.Empty.Clear);
    }

    [Fact]
    public void List_Operations_BehaveAsAList()
    {
        var entry = new Metadata.Entry("b", "2");
        var metadata = new Metadata { { "a", "1" }, { "c", "3" } };

        metadata.Insert(1, entry);
        Assert.Equal(1, metadata.IndexOf(entry));
        Assert.Equal(["a", "b", "c"], metadata.Select(item => item.Key));
        Assert.True(metadata.Remove(entry));
        Assert.DoesNotContain(entry, metadata);
        metadata.RemoveAt(0);
        Assert.Equal("c", Assert.Single(metadata).Key);
    }
}
