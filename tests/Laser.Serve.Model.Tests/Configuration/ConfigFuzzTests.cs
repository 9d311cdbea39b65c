using System.Text;
using Laser.Serve.Model.Checkpoints;
using Laser.Serve.Model.Configuration;

namespace Laser.Serve.Model.Tests.Configuration;

public sealed class ConfigFuzzTests
{
    private static readonly byte[] Valid = Encoding.UTF8.GetBytes(
        new ConfigFile()
            .With("model_type", "\"laser\"").With("laser_value_softclamp", "15.0").With("hidden_act", "\"silu\"")
            .With("eos_token_id", "[1, 2]").With("rms_norm_eps", "1e-5").With("attention_bias", "false")
            .With("rope_theta", "10000.0").With("partial_rotary_factor", "0.67")
            .With("rope_scaling", """{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 64}""")
            .ToString());

    private static readonly string[] Values =
        ["null", "-1", "1e999", "99999999999", "true", "\"x\"", "[]", "{}", "0.1"];

    /// <summary>Whatever is done to config.json, it is read or refused, and nothing else happens.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Load_DamagedFile_LoadsOrIsRefused(int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        int loaded = 0;
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            folder.Write("config.json", Damage(random));
            try
            {
                GenerationConfig.Load(folder.Path, ModelConfig.Load(folder.Path));
                loaded++;
            }
            catch (CheckpointException)
            {
                refused++;
            }
        }

        Assert.True(loaded > 50 && refused > 500, $"{loaded} loaded, {refused} refused");
    }

    // A byte changed, or a number or string replaced by some other value.
    private static byte[] Damage(Random random)
    {
        byte[] bytes = [.. Valid];
        if (random.Next(2) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            return bytes;
        }

        string[] lines = Encoding.UTF8.GetString(bytes).Split(",\n");
        int line = random.Next(1, lines.Length - 1);
        lines[line] = lines[line][..(lines[line].IndexOf(':', StringComparison.Ordinal) + 1)]
            + Values[random.Next(Values.Length)];
        return Encoding.UTF8.GetBytes(string.Join(",\n", lines));
    }
}
