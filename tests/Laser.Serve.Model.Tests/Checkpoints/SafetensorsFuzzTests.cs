using Laser.Serve.Model.Checkpoints;

namespace Laser.Serve.Model.Tests.Checkpoints;

public sealed class SafetensorsFuzzTests
{
    private static readonly byte[] Valid = SafetensorsBytes.Of(
    [
        StoredTensor.Counting("model.embed_tokens.weight", 0, 4, 2),
        StoredTensor.Counting("model.norm.weight", 1, 2).AsBFloat16(),
        StoredTensor.Counting("lm_head.weight", 2, 4, 2),
    ]);

    /// <summary>Random damage either leaves a file whose every byte can be read, or is refused.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Open_DamagedFile_LoadsOrIsRefused(int seed)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.safetensors");
        var random = new Random(seed);
        int loaded = 0;
        int refused = 0;
        for (int i = 0; i < 2500; i++)
        {
            File.WriteAllBytes(path, Damage(random));
            if (TryRead(path))
            {
                loaded++;
            }
            else
            {
                refused++;
            }
        }

        // Both happen: damage to the data goes unnoticed, damage to the header nearly never.
        Assert.True(loaded > 100 && refused > 1000, $"{loaded} loaded, {refused} refused");
    }

    private static bool TryRead(string path)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (TensorEntry tensor in file.Tensors.Values)
            {
                int sum = 0;
                foreach (byte value in file.Bytes(tensor, 0, (int)tensor.ByteSize))
                {
                    sum += value;
                }

                Assert.InRange(sum, 0, 255L * tensor.ByteSize);
            }

            return true;
        }
        catch (CheckpointException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            return false;
        }
    }

    private static byte[] Damage(Random random)
    {
        List<byte> bytes = [.. Valid];
        int changes = random.Next(1, 4);
        for (int i = 0; i < changes; i++)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = (byte)"0123456789{}[],:\"\\- "[random.Next(20)];
                    break;
                case 3:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                default:
                    int length = Math.Min(random.Next(1, 17), bytes.Count - at);
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
            }
        }

        return [.. bytes];
    }
}
