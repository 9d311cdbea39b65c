using Google.Protobuf;
using Grpc.Core;
using Laser.Serve.Compatibility.OpenInference;
using Laser.Serve.Protocol.OpenInference;
using static Laser.Serve.Tests.Compatibility.InferRequests;

namespace Laser.Serve.Tests.Compatibility;

public class RawElementsTests
{
    public static TheoryData<string, byte[], string[]> Elements => new()
    {
        { "BOOL", [0, 1, 255], ["False", "True", "True"] },
        { "INT8", [0xff, 0x7f], ["-1", "127"] },
        { "UINT8", [0xff, 0x7f], ["255", "127"] },
        { "INT16", [0xfe, 0xff], ["-2"] },
        { "UINT16", [0xfe, 0xff], ["65534"] },
        { "INT32", [1, 2, 0, 0, 0xff, 0xff, 0xff, 0xff], ["513", "-1"] },
        { "UINT32", [0xff, 0xff, 0xff, 0xff], ["4294967295"] },
        { "INT64", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], ["9223372036854775807"] },
        { "UINT64", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], ["18446744073709551615"] },
        { "FP32", [0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf], ["1", "-0.5"] },
        { "FP64", [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], ["1.5"] },
        { "BYTES", [2, 0, 0, 0, 0xc3, 0xa4, 0, 0, 0, 0, 1, 0, 0, 0, 0x61], ["\u00e4", "", "a"] },
    };

    [Theory]
    [MemberData(nameof(Elements))]
    public void Read_Bytes_AreLittleEndianElements(string datatype, byte[] raw, string[] expected)
    {
        Array elements = RawElements.Read("x", datatype, ByteString.CopyFrom(raw), expected.Length);

        Assert.Equal(expected, elements.Cast<object>().Select(element => $"{element}"));
    }

    [Theory]
    [InlineData("INT32", new byte[] { 1, 2, 3 }, 1, "x has 3 bytes")]
    [InlineData("FP32", new byte[] { 1, 2, 3, 4 }, 2, "type and shape say 8")]
    [InlineData("BYTES", new byte[] { 1, 0, 0, 0 }, 1, "end inside an element")]
    [InlineData("BYTES", new byte[] { 1, 0 }, 1, "end inside an element")]
    [InlineData("BYTES", new byte[] { 0xff, 0xff, 0xff, 0xff, 0 }, 1, "end inside an element")]
    [InlineData("BYTES", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0 }, 1, "has 2 elements")]
    [InlineData("BYTES", new byte[] { 1, 0, 0, 0, 0xff }, 1, "not UTF-8")]
    [InlineData("BF16", new byte[] { 1, 0 }, 1, "x.datatype is 'BF16'")]
    public void Read_BytesThatDoNotFit_AreRefused(string datatype, byte[] raw, long count, string message)
    {
        RpcException e = Assert.Throws<RpcException>(
            () => RawElements.Read("x", datatype, ByteString.CopyFrom(raw), count));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains(message, e.Status.Detail);
    }

    [Fact]
    public void Write_Texts_AreReadBack()
    {
        ByteString raw = RawElements.Write([ByteString.CopyFromUtf8("a\u00e4"), ByteString.Empty]);

        Assert.Equal(["a\u00e4", ""], RawElements.Read("x", "BYTES", raw, 2).Cast<string>());
    }

    [Fact]
    public void Request_WithRawAndTypedContents_IsRefused()
    {
        ModelInferRequest both = Text();
        both.RawInputContents.Add(ByteString.CopyFrom(0, 0, 0, 0));
        ModelInferRequest tooMany = Text();
        tooMany.Inputs[0].Contents = null;
        tooMany.RawInputContents.Add([ByteString.Empty, ByteString.Empty]);

        Assert.Contains(
            "inputs[text_input].contents", Assert.Throws<RpcException>(() => InferCall.Read(both)).Status.Detail);
        Assert.Contains(
            "raw_input_contents has 2 entries",
            Assert.Throws<RpcException>(() => InferCall.Read(tooMany)).Status.Detail);
    }
}
