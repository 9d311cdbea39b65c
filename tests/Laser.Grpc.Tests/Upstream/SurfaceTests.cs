using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;

namespace Laser.Grpc.Tests.Upstream;

/// <summary>
/// Compiled with UseUpstreamPackages only: every public type and member of our layer is one of the packages, too. The layer is loaded
/// beside them; its types have the same names and are others.
/// </summary>
public sealed class SurfaceTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly[] Packages =
    [
        typeof(Status).Assembly,
        typeof(GrpcChannel).Assembly,
        typeof(ICompressionProvider).Assembly,
        typeof(GrpcServiceOptions).Assembly,
    ];

    public static TheoryData<string> OurTypes => [.. Ours().Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(OurTypes))]
    public void Type_OfOurs_IsInThePackagesWithItsMembers(string name)
    {
        Type ours = Ours().Single(type => type.FullName == name);

        // Extension methods of one class of ours may be spread over several packages, in classes of the same name.
        Type[] theirs = [.. Packages.Select(package => package.GetType(name)).OfType<Type>().Where(type => type.IsVisible)];

        Assert.NotEmpty(theirs);
        Assert.All(theirs, type => Assert.Equal(Kind(type), Kind(ours)));
        Assert.Empty(BasesOf(ours).Except(theirs.SelectMany(BasesOf)));
        MemberInfo[] all = [.. theirs.SelectMany(type => type.GetMembers(Declared))];
        Assert.All(
            ours.GetMembers(Declared).Where(member => IsVisible(member) && !IsOverride(member)),
            member => Assert.Contains(all, other => Stands(other, member)));
    }

    [Fact]
    public void OurTypes_AreThere() => Assert.True(Ours().Count() > 60);

    private static IEnumerable<Type> Ours() => typeof(SurfaceTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Where(attribute => attribute.Key == "OwnGrpcLayer")
        .SelectMany(attribute => Assembly.LoadFrom(attribute.Value!).GetExportedTypes());

    private static string Kind(Type type) =>
        $"{(type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : "class")}"
        + $"{(type.IsAbstract ? " abstract" : "")}{(type.IsSealed ? " sealed" : "")}";

    private static IEnumerable<string> BasesOf(Type type) =>
        type.GetInterfaces().Append(type.BaseType ?? typeof(object)).Where(b => b.IsVisible).Select(Name);

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo e => IsVisible(e.AddMethod!),
        _ => false, // nested types are looked at for themselves
    };

    private static bool IsOverride(MemberInfo member) =>
        member is MethodInfo method && method.GetBaseDefinition() != method;

    /// <summary>Whether source that uses our member compiles against theirs.</summary>
    private static bool Stands(MemberInfo theirs, MemberInfo ours)
    {
        if (!IsVisible(theirs) || theirs.MemberType != ours.MemberType || theirs.Name != ours.Name)
        {
            return false;
        }

        return (theirs, ours) switch
        {
            // Of an abstract class, public and protected constructors are the same.
            (ConstructorInfo a, ConstructorInfo b) => (a.IsPublic == b.IsPublic || a.DeclaringType!.IsAbstract)
                && HasParameters(a.GetParameters(), b.GetParameters()),
            (MethodInfo a, MethodInfo b) => a.IsPublic == b.IsPublic && a.IsStatic == b.IsStatic
                && a.IsAbstract == b.IsAbstract && a.IsVirtual == b.IsVirtual && Name(a.ReturnType) == Name(b.ReturnType)
                && HasParameters(a.GetParameters(), b.GetParameters()),
            (PropertyInfo a, PropertyInfo b) => Name(a.PropertyType) == Name(b.PropertyType),
            (FieldInfo a, FieldInfo b) => Name(a.FieldType) == Name(b.FieldType) && a.IsStatic == b.IsStatic
                && (!a.IsLiteral || Equals(a.GetRawConstantValue(), b.GetRawConstantValue())),
            _ => true,
        };
    }

    // What theirs has beyond ours must be optional, and the names count, because an argument can be given by name.
    private static bool HasParameters(ParameterInfo[] theirs, ParameterInfo[] ours) =>
        theirs.Length >= ours.Length
        && theirs.Zip(ours).All(pair => pair.First.Name == pair.Second.Name
            && Name(pair.First.ParameterType) == Name(pair.Second.ParameterType)
            && (pair.First.IsOptional || !pair.Second.IsOptional))
        && theirs.Skip(ours.Length).All(parameter => parameter.IsOptional);

    private static string Name(Type type) => type.ToString();
}
