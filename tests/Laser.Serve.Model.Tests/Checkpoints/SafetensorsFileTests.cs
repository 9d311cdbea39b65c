using System.Text;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private const string Name = "model.safetensors";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_WellFormedFile_GivesTensorsInPlace()
    {
        string path = _folder.Write(Name, SafetensorsBytes.Of(
            """
            {"__metadata__":{"format":"pt"},
             "b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},
             "a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}
            """ + "   ",
            7));

        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.Equal(["a", "b"], file.Tensors.Keys.Order());
        Assert.Equal([1, 2], file.Tensors["a"].Shape);
        Assert.Equal("BF16", file.Tensors["a"].ElementType);
        Assert.Equal([0, 1, 2, 3], file.Bytes(file.Tensors["a"], 0, 4).ToArray());
        Assert.Equal([5, 6], file.Bytes(file.Tensors["b"], 1, 2).ToArray());
    }

    [Fact]
    public void Open_ScalarAndEmptyTensors_AreAllowed()
    {
        string path = _folder.Write(Name, SafetensorsBytes.Of(
            """
            {"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
             "e":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]}}
            """,
            4));

        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.Equal(4, file.Tensors["s"].ByteSize);
        Assert.Equal(0, file.Tensors["e"].ByteSize);
    }

    [Theory]
    [InlineData("""{"t":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", "unknown dtype 'F31'")]
    [InlineData("""{"t":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", "dtype is no string")]
    [InlineData("""{"t":{"shape":[1],"data_offsets":[0,4]}}""", "dtype is missing")]
    [InlineData("""{"t":{"dtype":"F32","data_offsets":[0,4]}}""", "shape is missing")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1]}}""", "data_offsets is missing")]
    [InlineData("""{"t":{"dtype":"F32","shape":4,"data_offsets":[0,4]}}""", "shape is no array")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "no count")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "no count")]
    [InlineData("""{"t":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", "no count")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1e30],"data_offsets":[0,4]}}""", "no count")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", "too large")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", "too large")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "takes 8 bytes")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "no range")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "no range")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}""", "no count")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "ends at byte 8")]
    [InlineData("""{"t":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", "no tensor covers the 1 bytes before")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"offsets":[0,4]}}""", "unknown or repeated key 'offsets'")]
    [InlineData("""{"t":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "repeated key 'dtype'")]
    [InlineData("""{"t":[]}""", "not described by a JSON object")]
    [InlineData("""{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"t":{}}""", "appears twice")]
    [InlineData(
        """{"s":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"t":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""",
        "inside 's'")]
    public void Open_BrokenTensorEntry_IsRefusedByFileAndTensor(string header, string problem)
    {
        string message = MessageFor(SafetensorsBytes.Of(header, 4));

        Assert.Contains("'t'", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "does not begin with '{'")]
    [InlineData("[]", "does not begin with '{'")]
    [InlineData(""" {"t":1}""", "does not begin with '{'")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}} x""", "not valid JSON")]
    [InlineData("""{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]""", "not valid JSON")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "not valid UTF-8")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "appears twice")]
    [InlineData("""{"__metadata__":[]}""", "not described by a JSON object")]
    [InlineData("""{"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "no tensor covers the last 1 bytes")]
    [InlineData("{}", "no tensor covers the last 4 bytes")]
    public void Open_BrokenHeader_IsRefusedByFile(string header, string problem) =>
        Assert.Contains(problem, MessageFor(SafetensorsBytes.Of(header, 4)), StringComparison.Ordinal);

    [Fact]
    public void Open_InvalidUtf8_IsRefused()
    {
        byte[] file = SafetensorsBytes.Of("""{"?":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 4);
        file[Array.IndexOf(file, (byte)'?')] = 0xFF;

        Assert.Contains("not valid UTF-8", MessageFor(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Open_FileShorterThanItsLengthField_IsRefused(int length) =>
        Assert.Contains("too few", MessageFor(new byte[length]), StringComparison.Ordinal);

    [Fact]
    public void Open_HeaderLengthBeyondTheFile_IsRefusedAsTruncated() =>
        Assert.Contains("truncated", MessageFor([100, 0, 0, 0, 0, 0, 0, 0, (byte)'{']), StringComparison.Ordinal);

    [Theory]
    [InlineData(0x05, 0xF5, 0xE1, 0x01)]
    [InlineData(0xFF, 0xFF, 0xFF, 0xFF)]
    public void Open_HeaderLengthBeyondTheFormatsCap_IsRefused(byte b3, byte b2, byte b1, byte b0)
    {
        string message = MessageFor([b0, b1, b2, b3, 0, 0, 0, 0, (byte)'{']);

        Assert.Contains("exceeds 100000000", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TruncatedData_IsRefusedByTensor()
    {
        byte[] file = SafetensorsBytes.Of([StoredTensor.Counting("first", 0, 4), StoredTensor.Counting("last", 0, 4)]);

        string message = MessageFor(file[..^1]);

        Assert.Contains("'last'", message, StringComparison.Ordinal);
        Assert.Contains("truncated", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_GitLfsPointer_SaysSo()
    {
        string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";

        Assert.Contains("Git LFS pointer", MessageFor(Encoding.ASCII.GetBytes(pointer)), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NameWithLineBreaks_IsReportedInOneLine() =>
        Assert.DoesNotContain('\n', MessageFor(SafetensorsBytes.Of("""{"a\nb\u001b[2J":[]}""", 0)));

    [Fact]
    public void Open_MissingFile_IsRefusedByName()
    {
        string path = _folder.File("absent.safetensors");

        var error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));

        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_OutsideTheTensor_Throws()
    {
        string path = _folder.Write(Name, SafetensorsBytes.Of([StoredTensor.Counting("t", 0, 2)]));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TensorEntry tensor = file.Tensors["t"];

        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(tensor, 5, 4).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(tensor, -1, 4).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(tensor, 0, -1).Length);
    }

    [Fact]
    public void Bytes_AfterDispose_Throws()
    {
        string path = _folder.Write(Name, SafetensorsBytes.Of([StoredTensor.Counting("t", 0, 2)]));
        SafetensorsFile file = SafetensorsFile.Open(path);
        TensorEntry tensor = file.Tensors["t"];

        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Bytes(tensor, 0, 4).Length);
    }

    private string MessageFor(byte[] bytes)
    {
        string path = _folder.Write(Name, bytes);
        var error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        return error.Message;
    }
}
