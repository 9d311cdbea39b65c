using System.Text;
using Laser.Serve.Security;

namespace Laser.Serve.Tests.Security;

public class ApiKeyFileTests
{
    private const string Key = "0123456789abcdef";
    private static readonly SecretFile File = new("Laser:ApiKeys:Path", "keys.txt");

    [Fact]
    public void Parse_KeysNamesAndComments_AreTold()
    {
        string text = $"\uFEFF# keys\r\n\r\n{Key} ops # on call\n  {ApiKeyHash.Format("another-key-of-ours")}\tci\n{Key}#with\n";

        IReadOnlyList<ApiKey> keys = Parse(text);

        Assert.Equal(["ops", "ci", null], keys.Select(key => key.Name));
        Assert.Equal(
            [ApiKeyHash.Compute(Key), ApiKeyHash.Compute("another-key-of-ours"), ApiKeyHash.Compute(Key + "#with")],
            keys.Select(key => key.Hash));
    }

    [Theory]
    [InlineData("", "holds no key")]
    [InlineData("# nothing\n", "holds no key")]
    [InlineData("\n" + Key + " a b\n", "line 2 has more than a key and a name")]
    [InlineData("secret-9\n", "line 1 has 8 characters")]
    public void Parse_Wrong_NamesSettingFileAndLineButNotTheKey(string text, string problem)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Parse(text));

        Assert.StartsWith("Laser:ApiKeys:Path: 'keys.txt' ", e.Message);
        Assert.Contains(problem, e.Message);
        Assert.DoesNotContain(Key, e.Message);
        Assert.DoesNotContain("secret", e.Message);
    }

    private static IReadOnlyList<ApiKey> Parse(string text) => ApiKeyFile.Parse(File, Encoding.UTF8.GetBytes(text));
}
