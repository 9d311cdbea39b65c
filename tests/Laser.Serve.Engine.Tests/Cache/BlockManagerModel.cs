using Laser.Serve.Engine.Cache;
using Laser.Serve.Engine.Tests.Fakes;

namespace Laser.Serve.Engine.Tests.Cache;

/// <summary>
/// A block manager and who holds what of it. Tokens are 0 and 1, one of them for a whole block mostly, so that prefixes
/// often agree.
/// </summary>
internal sealed class BlockManagerModel : IBlockContent
{
    private const int BlockCount = 24;
    private const int BlockSize = 16;

    private readonly BlockManager _blocks;
    private readonly List<Holder> _holders = [];

    // The whole prefix up to the end of each block that was entered, with its salt; gone when the block is released.
    private readonly Dictionary<int, string> _prefixOf = [];

    public BlockManagerModel()
    {
        _blocks = new BlockManager(FakeModelRunner.LayoutOf(BlockCount, openSlotCount: 6), this);
    }

    public int FoundCount { get; private set; }

    public int EvictedCount { get; private set; }

    public int ExtendedCount { get; private set; }

    public void ReleaseBlock(int block)
    {
        Assert.Equal(0, _blocks.ReferenceCount(block));
        EvictedCount += _prefixOf.Remove(block) ? 1 : 0;
    }

    public int RawPagesOf(int block) => block % 3;

    public void Apply(Random random)
    {
        int kind = random.Next(10);
        if (kind < 3)
        {
            Allocate(random);
        }
        else if (kind < 4 && _blocks.IdleCount > 0)
        {
            _blocks.EvictOldest();
        }
        else if (_holders.Count > 0)
        {
            Holder holder = _holders[random.Next(_holders.Count)];
            if (kind == 4)
            {
                Extend(holder, random.Next(1, 40));
            }
            else if (kind < 8)
            {
                Advance(holder, random.Next(1, 40));
            }
            else
            {
                Array.ForEach(holder.Tables, table => table.Dispose());
                _holders.Remove(holder);
            }
        }
    }

    public void AssertInvariants()
    {
        int[] held = [.. _holders.SelectMany(holder => holder.Tables).SelectMany(table => table.Blocks.ToArray())];
        Assert.Equal(held.Distinct().Count(), _blocks.UsedCount);
        Assert.Equal(BlockCount, _blocks.UsedCount + _blocks.IdleCount + _blocks.FreeCount);
        int idleRawPages = 0;
        for (int block = 0; block < BlockCount; block++)
        {
            int references = held.Count(other => other == block);
            Assert.Equal(references, _blocks.ReferenceCount(block));
            bool idle = references == 0 && _prefixOf.ContainsKey(block);
            idleRawPages += idle ? RawPagesOf(block) : 0;
        }

        Assert.Equal(_prefixOf.Keys.Except(held).Count(), _blocks.IdleCount);
        Assert.Equal(idleRawPages, _blocks.IdleRawPageCount);

        // One entry for a prefix, and none without the one before it.
        Assert.Equal(_prefixOf.Count, _prefixOf.Values.Distinct().Count());
        Assert.All(_prefixOf.Values.Where(prefix => prefix.Length > BlockSize + 1), prefix =>
            Assert.Contains(prefix[..^BlockSize], _prefixOf.Values));
    }

    public void AssertEverythingComesBack()
    {
        _holders.ForEach(holder => Array.ForEach(holder.Tables, table => table.Dispose()));
        _holders.Clear();
        AssertInvariants();
        while (_blocks.IdleCount > 0)
        {
            _blocks.EvictOldest();
        }

        Assert.Equal(BlockCount, _blocks.FreeCount);
        Assert.Empty(_prefixOf);
    }

    private void Allocate(Random random)
    {
        int[] prompt = Tokens(random, random.Next(1, 80));
        string? salt = random.Next(6) switch { 0 => null, 1 => "b", _ => "a" };
        var demand = new CacheDemand
        {
            Prompt = prompt,
            TokenLimit = prompt.Length + random.Next(0, 40),
            SequenceCount = random.Next(3) == 0 ? random.Next(1, 4) : 1,
            Salt = salt,
            ReadsPrefixes = random.Next(6) > 0,
            SpareBlockCount = random.Next(3) == 0 ? random.Next(6) : 0,
        };
        int before = _blocks.FreeCount + _blocks.IdleCount;
        if (!_blocks.TryAllocate(in demand, out BlockTable[]? tables))
        {
            Assert.Equal(before, _blocks.FreeCount + _blocks.IdleCount);
            return;
        }

        Assert.True(_blocks.FreeCount + _blocks.IdleCount >= demand.SpareBlockCount);
        int cached = tables[0].CachedBlockCount;
        FoundCount += cached;
        Assert.True(cached * BlockSize < prompt.Length);
        Assert.True(cached == 0 || (salt is not null && demand.ReadsPrefixes));
        int[] tokens = [.. prompt, .. Tokens(random, demand.TokenLimit - prompt.Length)];
        var holder = new Holder(tables, prompt.Length, tokens, salt) { Computed = cached * BlockSize };
        for (int i = 0; i < cached; i++)
        {
            Assert.Equal(holder.PrefixUpTo(i), _prefixOf[tables[0].Blocks[i]]);
        }

        _holders.Add(holder);
    }

    // Lets all sequences go on for some tokens, if there are blocks for that; none comes before the prompt is computed.
    private void Extend(Holder holder, int count)
    {
        int end = holder.Tokens.Length + count;
        if (holder.Computed < holder.PromptLength)
        {
            return;
        }

        foreach (BlockTable table in holder.Tables)
        {
            int available = _blocks.FreeCount + _blocks.IdleCount;
            int missing = Math.Max(0, ((end + BlockSize - 1) / BlockSize) - table.Blocks.Length);
            bool extended = _blocks.TryExtend(table, end);
            Assert.Equal(missing <= available, extended);
            Assert.Equal(available - (extended ? missing : 0), _blocks.FreeCount + _blocks.IdleCount);
            if (!extended)
            {
                return;
            }
        }

        ExtendedCount++;
        holder.Tokens = [.. holder.Tokens, .. Enumerable.Repeat(0, count)];
    }

    // Computes some more tokens of all sequences; the prompt first, and then each of them on its own.
    private void Advance(Holder holder, int count)
    {
        bool inPrompt = holder.Computed < holder.PromptLength;
        int before = holder.Computed / BlockSize;
        holder.Computed = Math.Min(holder.Computed + count, inPrompt ? holder.PromptLength : holder.Tokens.Length);
        foreach (BlockTable table in inPrompt ? holder.Tables[..1] : holder.Tables)
        {
            table.Enter(holder.Tokens.AsSpan(0, holder.Computed), BlockSize);
            for (int i = before; holder.Salt is not null && i < holder.Computed / BlockSize; i++)
            {
                string prefix = holder.PrefixUpTo(i);
                Assert.Equal(prefix, _prefixOf.GetValueOrDefault(table.Blocks[i], prefix));
                _prefixOf[table.Blocks[i]] = prefix;
            }
        }

        if (inPrompt && holder.Computed == holder.PromptLength)
        {
            Array.ForEach(holder.Tables[1..], table => table.Share(holder.Tables[0], holder.PromptLength / BlockSize));
        }
    }

    private static int[] Tokens(Random random, int count)
    {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = i % BlockSize == 0 ? random.Next(2) : random.Next(100) == 0 ? 1 : tokens[i - 1];
        }

        return tokens;
    }

    /// <summary>The sequences of a request; all of them say the same.</summary>
    private sealed record Holder(BlockTable[] Tables, int PromptLength, int[] FirstTokens, string? Salt)
    {
        public int[] Tokens { get; set; } = FirstTokens;

        public int Computed { get; set; }

        public string PrefixUpTo(int block) =>
            Salt + string.Concat(Tokens.Take((block + 1) * BlockSize).Select(token => (char)('0' + token)));
    }
}
