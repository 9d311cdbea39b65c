using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Laser.Serve.V1;

namespace Laser.Serve.Tests.Architecture;

/// <summary>The tables of <c>protos/README.md</c> and the native .proto files say the same.</summary>
public partial class ApiTableTests
{
    private static readonly FileDescriptor[] Files =
    [
        GenerationReflection.Descriptor,
        ModelsReflection.Descriptor,
        ServerReflection.Descriptor,
        TokenizationReflection.Descriptor,
    ];

    private static readonly string Document = SourceTree.Read("protos/README.md");

    public static TheoryData<string> Messages => [.. AllMessages().Select(message => message.Name)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_Fields_AreThoseOfItsTable(string name)
    {
        MessageDescriptor message = AllMessages().Single(m => m.Name == name);

        Assert.Equal(
            message.Fields.InDeclarationOrder().Select(field => $"{field.Name}: {TypeOf(field)}").Order(),
            TableOf(name).Order());
    }

    [Fact]
    public void Tables_Messages_AllExist() => Assert.Equal(
        AllMessages().Select(m => m.Name).Order(), Heading().Matches(Document).Select(m => m.Groups[1].Value).Order());

    [Fact]
    public void Rpcs_Listed_AreThoseOfTheServices()
    {
        IEnumerable<ServiceDescriptor> services = Files.SelectMany(file => file.Services)
            .Append(Protocol.Health.Health.Descriptor);

        Assert.Equal(
            services.SelectMany(service => service.Methods)
                .Select(m => $"{m.Service.FullName}/{m.Name} {(m.IsServerStreaming ? "stream" : "unary")}").Order(),
            RpcRow().Matches(Document).Select(m => $"{m.Groups[1].Value} {m.Groups[2].Value}").Order());
    }

    private static IEnumerable<MessageDescriptor> AllMessages() => Files.SelectMany(file => file.MessageTypes);

    // The rows below a heading, up to the next one.
    private static IEnumerable<string> TableOf(string message)
    {
        string section = Document.Split($"\n### {message}\n")[1].Split("\n#")[0];
        return FieldRow().Matches(section).Select(row => $"{row.Groups[1].Value}: {row.Groups[2].Value}");
    }

    private static string TypeOf(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            IList<FieldDescriptor> entry = field.MessageType.Fields.InFieldNumberOrder();
            return $"map<{TypeOf(entry[0])}, {TypeOf(entry[1])}>";
        }

        string type = field.FieldType switch
        {
            FieldType.Message => field.MessageType.Name,
            FieldType.Enum => field.EnumType.Name,
            _ => field.FieldType.ToString().ToLowerInvariant(),
        };
        return field.IsRepeated ? $"repeated {type}" : type;
    }

    [GeneratedRegex(@"^### (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| `([a-z_0-9]+)` \| ([^|]+?) \|", RegexOptions.Multiline)]
    private static partial Regex FieldRow();

    [GeneratedRegex(@"^\| `([\w.]+/\w+)` \| (stream|unary) \|", RegexOptions.Multiline)]
    private static partial Regex RpcRow();
}
