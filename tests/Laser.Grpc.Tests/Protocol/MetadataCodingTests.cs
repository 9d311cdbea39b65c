using Grpc.Core;
using Laser.Grpc.Protocol;

namespace Laser.Grpc.Tests.Protocol;

public sealed class MetadataCodingTests
{
    [Theory]
    [InlineData(new byte[0], "")]
    [InlineData(new byte[] { 1 }, "AQ")]
    [InlineData(new byte[] { 1, 2 }, "AQI")]
    [InlineData(new byte[] { 1, 2, 3 }, "AQID")]
    public void Encode_Bytes_HasNoPadding(byte[] bytes, string encoded) =>
        Assert.Equal(encoded, MetadataCoding.Encode(new Metadata.Entry("data-bin", bytes)));

    [Theory]
    [InlineData("AQ", new byte[] { 1 })]
    [InlineData("AQ==", new byte[] { 1 })]
    [InlineData("AQID", new byte[] { 1, 2, 3 })]
    [InlineData("", new byte[0])]
    public void AddReceived_PaddedOrNot_GivesBytes(string encoded, byte[] bytes)
    {
        var metadata = new Metadata();

        MetadataCoding.AddReceived(metadata, "Data-Bin", encoded);

        Assert.Equal("data-bin", metadata[0].Key);
        Assert.Equal(bytes, metadata[0].ValueBytes);
    }

    [Fact]
    public void AddReceived_JoinedBytes_AreSeparated()
    {
        var metadata = new Metadata();

        MetadataCoding.AddReceived(metadata, "data-bin", "AQ==, Ag,Aw");

        Assert.Equal([[1], [2], [3]], metadata.Select(entry => entry.ValueBytes));
    }

    [Fact]
    public void AddReceived_TextWithComma_StaysWhole()
    {
        var metadata = new Metadata();

        MetadataCoding.AddReceived(metadata, "text", "a, b");

        Assert.Equal("a, b", metadata.GetValue("text"));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("*")]
    [InlineData("A=Q=")]
    public void AddReceived_NotBase64_IsAnError(string encoded)
    {
        var error = Assert.Throws<RpcException>(() => MetadataCoding.AddReceived([], "data-bin", encoded));

        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("data-bin", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc-status", true)]
    [InlineData("grpc-anything", true)]
    [InlineData("grpc-status-details-bin", false)]
    [InlineData(":path", true)]
    [InlineData("te", true)]
    [InlineData("content-type", true)]
    [InlineData("user-agent", false)]
    [InlineData("authorization", false)]
    public void IsReserved_Name_IsKnown(string name, bool isReserved) =>
        Assert.Equal(isReserved, GrpcHeaders.IsReserved(name));
}
