using Laser.Serve.Compute;
using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Get_Matrix_ReadsRowsOfTheFile()
    {
        WriteShard("model.safetensors", StoredTensor.Counting("v", 0, 3), StoredTensor.Counting("m", 10, 2, 3));
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);
        var row = new float[3];

        HostTensor matrix = checkpoint.Get("m", 2, 3);
        matrix.CopyRow(1, row);

        Assert.Equal((2, 3, DataType.Float32, "m"), (matrix.Rows, matrix.Columns, matrix.Type, matrix.Name));
        Assert.Equal([13, 14, 15], row);
    }

    [Fact]
    public void Get_Vector_IsOneRowInItsOwnType()
    {
        WriteShard("model.safetensors", StoredTensor.Counting("v", 5, 3).AsBFloat16());
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);
        var row = new float[3];

        HostTensor vector = checkpoint.Get("v", 3);
        vector.CopyRow(0, row);

        Assert.Equal((1, 3, DataType.BFloat16), (vector.Rows, vector.Columns, vector.Type));
        Assert.Equal([5, 6, 7], row);
        Assert.Throws<ArgumentOutOfRangeException>(() => vector.RowBytes(1).Length);
    }

    [Fact]
    public void Release_TensorOfManyPages_CanStillBeRead()
    {
        const int Rows = 64;
        const int Columns = 1024;
        WriteShard("model.safetensors", StoredTensor.Counting("before", 0, 3), StoredTensor.Counting("m", 7, Rows, Columns));
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);
        HostTensor matrix = checkpoint.Get("m", Rows, Columns);
        var row = new float[Columns];
        matrix.CopyRow(Rows - 1, row);

        matrix.Release();
        var again = new float[Columns];
        matrix.CopyRow(Rows - 1, again);

        Assert.Equal(row, again);
        Assert.Equal(7 + (Rows * Columns) - 1, again[^1]);
    }

    [Theory]
    [InlineData(new[] { 3, 2 }, "[3, 2]")]
    [InlineData(new[] { 6 }, "[6]")]
    public void Get_OtherShape_NamesTensorAndBothShapes(int[] shape, string expected)
    {
        WriteShard("model.safetensors", StoredTensor.Counting("m", 0, 2, 3));
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Get("m", shape));

        Assert.Contains(
            $"tensor 'm' has shape [2, 3], the configuration asks for {expected}",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Get_IntegerTensor_IsRefused()
    {
        WriteShard("model.safetensors", new StoredTensor("q", "I8", [4], new byte[4]));
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Get("q", 4));

        Assert.Contains("tensor 'q' has element type I8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Shards_GivesTheTensorsOfAll()
    {
        WriteShard(First, StoredTensor.Counting("a", 1, 2));
        WriteShard(Second, StoredTensor.Counting("b", 3, 2));
        WriteIndex(("a", First), ("b", Second));
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Path);
        var row = new float[2];

        checkpoint.Get("b", 2).CopyRow(0, row);

        Assert.Equal(["a", "b"], checkpoint.TensorNames.Order());
        Assert.Equal([3, 4], row);
    }

    [Fact]
    public void Open_TensorInAnotherShardThanMapped_IsRefused()
    {
        WriteShard(First, StoredTensor.Counting("a", 1, 2));
        WriteShard(Second, StoredTensor.Counting("b", 3, 2));
        WriteIndex(("a", Second), ("b", First));

        AssertRefused(Index, "tensor 'a'", Second);
    }

    [Fact]
    public void Open_MappedTensorInNoShard_IsRefused()
    {
        WriteShard(First, StoredTensor.Counting("a", 1, 2));
        WriteIndex(("a", First), ("c", First));

        AssertRefused(Index, "tensor 'c'", First);
    }

    [Fact]
    public void Open_TensorTheIndexDoesNotMap_IsRefused()
    {
        WriteShard(First, StoredTensor.Counting("a", 1, 2), StoredTensor.Counting("b", 3, 2));
        WriteIndex(("a", First));

        AssertRefused(First, "tensor 'b'", "weight_map");
    }

    [Fact]
    public void Open_TensorInTwoShards_IsRefused()
    {
        WriteShard(First, StoredTensor.Counting("a", 1, 2));
        WriteShard(Second, StoredTensor.Counting("a", 1, 2), StoredTensor.Counting("b", 3, 2));
        WriteIndex(("a", First), ("b", Second));

        AssertRefused(Second, "tensor 'a'", First);
    }

    [Fact]
    public void Open_MissingShard_IsRefusedByItsName()
    {
        WriteShard(First, StoredTensor.Counting("a", 1, 2));
        WriteIndex(("a", First), ("b", Second));

        AssertRefused(Second, "cannot be read");
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/model.safetensors")]
    [InlineData("sub/model.safetensors")]
    [InlineData("..\\\\model.safetensors")]
    [InlineData("weights.bin")]
    [InlineData("")]
    public void Open_ShardNameThatIsNoPlainFileName_IsRefused(string shard)
    {
        _folder.Write(Index, $$$"""{"weight_map": {"a": "{{{shard}}}"}}""");

        AssertRefused(Index, "tensor 'a'", "no file beside it");
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": {"file": "x.safetensors"}}}""", "no file beside it")]
    [InlineData("""{"weight_map": []}""", "no object 'weight_map'")]
    [InlineData("""{"metadata": {}}""", "no object 'weight_map'")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"weight_map": {""", "not valid JSON")]
    [InlineData("""{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map": {"\udc00": "x.safetensors"}}""", "not valid UTF-8")]
    public void Open_BrokenIndex_IsRefused(string index, string problem)
    {
        _folder.Write(Index, index);

        AssertRefused(Index, problem);
    }

    [Fact]
    public void Open_FolderWithoutWeights_IsRefused() => AssertRefused(_folder.Path, "holds neither");

    [Fact]
    public void Open_SingleFileBesideAnIndex_IsRefused()
    {
        WriteShard("model.safetensors", StoredTensor.Counting("a", 1, 2));
        WriteIndex(("a", First));

        AssertRefused(_folder.Path, "holds both");
    }

    [Fact]
    public void Dispose_TensorTakenBefore_CanNoLongerBeRead()
    {
        WriteShard("model.safetensors", StoredTensor.Counting("a", 1, 2));
        Checkpoint checkpoint = Checkpoint.Open(_folder.Path);
        HostTensor tensor = checkpoint.Get("a", 2);

        checkpoint.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.RowBytes(0).Length);
    }

    private void WriteShard(string name, params StoredTensor[] tensors) =>
        _folder.Write(name, SafetensorsBytes.Of(tensors));

    private void WriteIndex(params (string Tensor, string File)[] map)
    {
        IEnumerable<string> entries = map.Select(entry => $"\"{entry.Tensor}\": \"{entry.File}\"");
        _folder.Write(Index, "{\"metadata\": {}, \"weight_map\": {" + string.Join(", ", entries) + "}}");
    }

    private void AssertRefused(params string[] parts)
    {
        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_folder.Path));
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
