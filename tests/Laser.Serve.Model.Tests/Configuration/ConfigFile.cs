namespace Laser.Serve.Model.Tests.Configuration;

/// <summary>A small valid config.json that tests vary key by key.</summary>
internal sealed class ConfigFile
{
    private readonly Dictionary<string, string> _values = new()
    {
        ["attention_variant"] = "\"laser\"",
        ["hidden_size"] = "8",
        ["intermediate_size"] = "12",
        ["num_hidden_layers"] = "2",
        ["num_attention_heads"] = "4",
        ["num_key_value_heads"] = "2",
        ["head_dim"] = "6",
        ["vocab_size"] = "10",
    };

    /// <summary>Sets a key to a JSON value; null removes it.</summary>
    public ConfigFile With(string key, string? json)
    {
        _values.Remove(key);
        if (json is not null)
        {
            _values.Add(key, json);
        }

        return this;
    }

    public override string ToString() => "{" + string.Join(",\n", _values.Select(v => $"\"{v.Key}\": {v.Value}")) + "}";

    /// <summary>Writes the file and reads it as the server does.</summary>
    public ModelConfig Load()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", ToString());
        return ModelConfig.Load(folder.Path);
    }
}
