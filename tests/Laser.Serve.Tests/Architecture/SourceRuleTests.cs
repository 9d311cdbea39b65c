using System.Text.RegularExpressions;

namespace Laser.Serve.Tests.Architecture;

/// <summary>Rules that hold for every hand-written source file.</summary>
public partial class SourceRuleTests
{
    private const int LongestFile = 400;
    private const int LongestMedian = 80;

    // A device is named where it is implemented and where it is chosen, nowhere else.
    private static readonly string[] DeviceFolders = ["src/Laser.Serve.Cpu/", "src/Laser.Serve.Cuda/"];
    private const string BackendFactory = "src/Laser.Serve/Hosting/BackendFactory.cs";

    private static string[] SourceFiles => [.. SourceTree.Files("src", ".cs", ".cu", ".cuh", ".proto")];

    [Fact]
    public void Files_Length_IsAtMost400() =>
        Assert.DoesNotContain(
            SourceFiles.Concat(SourceTree.Files("tests", ".cs")).Concat(ToolFiles()), path => LineCount(path) > LongestFile);

    [Fact]
    public void Files_MedianLength_IsAtMost80()
    {
        int[] lengths = [.. SourceFiles.Select(LineCount).Order()];
        Assert.InRange(lengths[lengths.Length / 2], 1, LongestMedian);
    }

    [Fact]
    public void DeviceNames_OutsideBackendsAndFactory_DoNotOccur() =>
        Assert.DoesNotContain(
            SourceFiles.Where(path => !DeviceFolders.Any(path.StartsWith) && path != BackendFactory),
            path => DeviceName().IsMatch(WithoutComments(SourceTree.Read(path))));

    [Theory]
    [InlineData("new CpuBackend(options)")]
    [InlineData("using Laser.Serve.Cpu;")]
    [InlineData("if (backend is CudaBackend)")]
    public void DeviceName_InCode_IsSeen(string code) => Assert.Matches(DeviceName(), code);

    [Fact]
    public void FileNames_GrabBags_DoNotOccur() =>
        Assert.DoesNotContain(SourceFiles, path => GrabBag().IsMatch(Path.GetFileNameWithoutExtension(path)));

    [Fact]
    public void Sources_NonAsciiOrUnfinishedMarks_DoNotOccur() =>
        Assert.DoesNotContain(SourceFiles, path => Unfinished().IsMatch(SourceTree.Read(path)));

    private static IEnumerable<string> ToolFiles() =>
        Directory.Exists(Path.Combine(SourceTree.Root, "tools")) ? SourceTree.Files("tools", ".py", ".sh", ".mjs") : [];

    private static int LineCount(string path) => SourceTree.Read(path).Count(c => c == '\n');

    private static string WithoutComments(string source) => LineComment().Replace(source, "");

    [GeneratedRegex(@"\b(Cpu|Cuda)(Backend|Options|KvCache)\b|Laser\.Serve\.(Cpu|Cuda)\b")]
    private static partial Regex DeviceName();

    [GeneratedRegex("//.*")]
    private static partial Regex LineComment();

    [GeneratedRegex("(Utils?|Utilities|Common|Helpers?|Misc)$|(?<!Block)Manager$")]
    private static partial Regex GrabBag();

    [GeneratedRegex(@"[^\x00-\x7F]|\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
