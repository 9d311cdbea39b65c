using System.Runtime.InteropServices;
using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Balancing;

/// <summary>
/// Remembers which engine saw the beginnings of prompts, block by block, and so has them in its prefix cache, perhaps. The
/// longest beginning that is known decides: many prompts have the first blocks in common, a conversation the rest.
/// <para>
/// By hash alone: a wrong guess costs a prompt's computation and nothing else. Memory is bounded: what was not asked for
/// while <paramref name="capacity"/> others came is forgotten.
/// </para>
/// </summary>
/// <param name="blockSize">Tokens of a block.</param>
/// <param name="capacity">Beginnings that are remembered at least.</param>
internal sealed class PrefixAffinity(int blockSize, int capacity)
{
    private readonly Lock _lock = new();
    private Dictionary<int, int> _young = [];
    private Dictionary<int, int> _old = [];

    /// <summary>The hashes of all beginnings of a prompt that end with a block; none where the cache is not to be used.</summary>
    public int[] BeginningsOf(GenerationRequest request)
    {
        IReadOnlyList<int> prompt = request.PromptTokenIds;
        int[] hashes = new int[request.UsePrefixCache ? prompt.Count / blockSize : 0];
        Span<int> block = stackalloc int[blockSize];
        int before = HashCode.Combine(request.CacheSalt);
        for (int i = 0; i < hashes.Length; i++)
        {
            for (int j = 0; j < blockSize; j++)
            {
                block[j] = prompt[(i * blockSize) + j];
            }

            var hash = new HashCode();
            hash.Add(before);
            hash.AddBytes(MemoryMarshal.AsBytes(block));
            hashes[i] = before = hash.ToHashCode();
        }

        return hashes;
    }

    /// <summary>The engine that saw the longest of these beginnings; null if none is known.</summary>
    public int? Find(int[] beginnings)
    {
        int? found = null;
        lock (_lock)
        {
            foreach (int hash in beginnings)
            {
                if (!_young.TryGetValue(hash, out int engine) && !_old.TryGetValue(hash, out engine))
                {
                    break;
                }

                found = engine;
            }
        }

        return found;
    }

    /// <summary>Notes that an engine sees these beginnings.</summary>
    public void Remember(int[] beginnings, int engine)
    {
        lock (_lock)
        {
            foreach (int hash in beginnings)
            {
                if (_young.Count == capacity)
                {
                    (_old, _young) = (_young, []);
                }

                _young[hash] = engine;
            }
        }
    }
}
