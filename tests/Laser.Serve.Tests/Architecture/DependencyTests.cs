using System.Xml.Linq;

namespace Laser.Serve.Tests.Architecture;

/// <summary>
/// Dependencies point one way: every arrow between projects is listed here, and nothing else is allowed.
/// </summary>
public class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Laser.Grpc"] = [],
        ["Laser.Grpc.AspNetCore"] = ["Laser.Grpc"],
        ["Laser.Serve.Protocol"] = ["Laser.Grpc"],
        ["Laser.Serve.Compute"] = [],
        ["Laser.Serve.Tokenization"] = [],
        ["Laser.Serve.StructuredOutput"] = ["Laser.Serve.Tokenization"],
        ["Laser.Serve.Cpu"] = ["Laser.Serve.Compute"],
        ["Laser.Serve.Cuda"] = ["Laser.Serve.Compute"],
        ["Laser.Serve.Model"] = ["Laser.Serve.Compute"],
        ["Laser.Serve.Engine"] = ["Laser.Serve.Model", "Laser.Serve.StructuredOutput", "Laser.Serve.Tokenization"],
        ["Laser.Serve.Simulation"] = ["Laser.Serve.Engine"],
        ["Laser.Serve"] = ["Laser.Grpc.AspNetCore", "Laser.Serve.Protocol", "Laser.Serve.Engine", "Laser.Serve.Cpu", "Laser.Serve.Cuda"],
        ["Laser.Client"] = ["Laser.Serve.Protocol"],
        ["Laser.Cli"] = ["Laser.Client", "Laser.Serve", "Laser.Serve.Simulation"],
    };

    private static string[] ProjectFiles => [.. SourceTree.Files("src", ".csproj")];

    public static TheoryData<string> Projects => [.. ProjectFiles];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_AreAllowedArrows(string path)
    {
        string project = Path.GetFileNameWithoutExtension(path);
        string[] references = [.. XDocument.Parse(SourceTree.Read(path))
            .Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value))];

        Assert.True(Allowed.TryGetValue(project, out string[]? allowed), $"{project} is not in the list of projects.");
        Assert.Empty(references.Except(allowed));
    }

    [Fact]
    public void Projects_Listed_AllExist() =>
        Assert.Equal(Allowed.Keys.Order(), ProjectFiles.Select(path => Path.GetFileNameWithoutExtension(path)).Order());

    [Theory]
    [InlineData("Laser.Serve.Compute")]
    [InlineData("Laser.Serve.Model")]
    [InlineData("Laser.Serve.Engine")]
    [InlineData("Laser.Serve.Simulation")]
    [InlineData("Laser.Serve.Tokenization")]
    [InlineData("Laser.Serve.StructuredOutput")]
    [InlineData("Laser.Serve.Cpu")]
    [InlineData("Laser.Serve.Cuda")]
    [InlineData("Laser.Client")]
    public void Library_FrameworkReference_IsNotAspNetCore(string project) =>
        Assert.DoesNotContain("Microsoft.AspNetCore.App", SourceTree.Read($"src/{project}/{project}.csproj"));
}
