// Attention as the host launches it. Defined by the test besides what the kernels need: SHARED_BYTES, those of attend.

#define SLOTS 3
#define BLOCKS 24
#define RAW_PAGES 24

struct Sequence
{
    int start;
    int rows;
    std::vector<int> table;
    int slot;
};

struct Cache
{
    Memory<unsigned char> pages{ (size_t)BLOCKS * KV_HEADS * PAGE_BYTES, 0xff };
    Memory<PageState> states{ BLOCKS * KV_HEADS };
    Memory<OpenState> open{ SLOTS };
    Memory<float> openRows{ (size_t)SLOTS * KV_HEADS * 2 * ROWS_LENGTH };
    Memory<int> openRange{ SLOTS * KV_HEADS * 2 * 2 * DIM };
    Memory<float> rawRows{ (size_t)RAW_PAGES * ROWS_LENGTH };
    Memory<int> rawFree{ RAW_PAGES };
    Memory<int> rawPagesOfBlock{ BLOCKS };
    Memory<int> rawFreeCount{ 1, RAW_PAGES };
    Memory<int> rawSealed{ 1 };
    Memory<unsigned long long> counters{ 4 + 256 };
};

// Each second block becomes wide half-way, each third raw.
static float valueAt(int position)
{
    int block = position / BLOCK, row = position % BLOCK;
    bool rare = row == BLOCK / 2 + block % 3;
    return randomNumber() - (rare && block % 3 == 1 ? 100.f : rare && block % 3 == 2 ? 300.f : 0.f);
}

static void step(Cache& cache, const std::vector<Sequence>& sequences, int segmentsPerPass)
{
    std::vector<int4> appendList, queryList;
    std::vector<int> starts{ 0 }, lengths, slots, blockStarts{ 0 }, blockList, rowSequences;
    int segments = 1;
    for (int i = 0; i < (int)sequences.size(); i++)
    {
        const Sequence& s = sequences[i];
        for (int row = 0, count; row < s.rows; row += count)
        {
            int block = (s.start + row) / BLOCK;
            count = std::min((block + 1) * BLOCK - s.start - row, s.rows - row);
            appendList.push_back(int4{ i, row, block, count });
        }

        for (int query = 0; query < s.rows * GROUP; query += 16)
            queryList.push_back(int4{ i, query, std::min(16, s.rows * GROUP - query), 0 });
        starts.push_back(starts.back() + s.rows);
        lengths.push_back(s.start + s.rows);
        slots.push_back(s.slot);
        blockList.insert(blockList.end(), s.table.begin(), s.table.end());
        blockStarts.push_back(blockList.size());
        rowSequences.insert(rowSequences.end(), s.rows, i);
        segments = std::max(segments, (s.start + s.rows + SEGMENT - 1) / SEGMENT);
    }

    int tokens = starts.back(), count = sequences.size(), appends = appendList.size(), tiles = queryList.size();
    Memory<float> qkv((size_t)tokens * QKV_COLUMNS), output((size_t)tokens * HEADS * HEAD_DIM, NAN);
    fill(qkv);
    for (int i = 0; i < tokens; i++)
    {
        int position = sequences[rowSequences[i]].start + i - starts[rowSequences[i]];
        for (int j = 0; j < KV_HEADS * HEAD_DIM; j++)
            qkv[i * QKV_COLUMNS + (HEADS + KV_HEADS) * HEAD_DIM + j] = valueAt(position);
    }

    Memory<int> faults(count);
    const int4* append = appendList.data();
    const int4* queries = queryList.data();
    const int* first = starts.data();
    const int* contexts = lengths.data();
    const int* open = slots.data();
    const int* tables = blockStarts.data();
    const int* blocks = blockList.data();
    run("attention_check", dim3(tokens), 128, 0, [&] { attention_check(qkv, rowSequences.data(), faults); });
    run("attention_append", dim3(appends, KV_HEADS), CHANNEL_THREADS, 32, [&] {
        attention_append(qkv, append, first, contexts, open, tables, blocks, faults, 0.f, cache.pages, cache.states, cache.open,
            cache.openRows, cache.openRange, cache.counters, cache.rawSealed);
    });
    run("attention_commit", dim3(1), 256, 32, [&] {
        attention_commit(qkv, append, appends, count, first, contexts, open, tables, blocks, faults, 0.f, cache.pages,
            cache.states, cache.open, cache.openRows, cache.rawRows, cache.rawFree, cache.rawFreeCount, cache.rawPagesOfBlock,
            cache.rawSealed);
    });
    Memory<Total> totals((size_t)tiles * KV_HEADS * TILE * (DIM + 1));
    for (int segment = 0; segment < segments; segment += segmentsPerPass)
    {
        int pass = std::min(segmentsPerPass, segments - segment);
        Memory<float> partials((size_t)tiles * KV_HEADS * pass * PARTIAL_WORDS, NAN);
        run("attend", dim3(tiles, KV_HEADS, pass), THREADS, SHARED_BYTES, [&] {
            attend(qkv, queries, first, contexts, open, tables, blocks, faults, 0.25f, 0.f, cache.pages, cache.states, cache.open,
                cache.openRows, cache.rawRows, segment, partials);
        });
        run("attend_finish", dim3(tiles, KV_HEADS), CHANNEL_THREADS, 0, [&] {
            attend_finish(queries, first, contexts, faults, segment, pass, segment + pass == segments, -LZ_INFINITY, partials,
                totals, output);
        });
    }

    for (int i = 0; i < count; i++)
        require(faults[i] == 0, "a sequence has a fault");
    requireFinite(output, "attention is not finite");
}

int main()
{
    Cache cache;
    for (int i = 0; i < RAW_PAGES; i++)
        cache.rawFree[i] = RAW_PAGES - i;
    std::vector<int> one{ 7, 2, 9, 4, 1, 3, 0, 12, 13, 14 }, two{ 5, 6, 8 }, fork{ 5, 6, 10 };
    int tokens = 2 * SEGMENT + BLOCK / 2 + 2, open = tokens % BLOCK, shorter = 2 * BLOCK + BLOCK / 2 + 4;
    step(cache, { { 0, BLOCK + 3, one, 1 }, { 0, shorter - 1, two, 0 } }, 4);
    step(cache, { { BLOCK + 3, tokens - BLOCK - 3, one, 1 } }, 1);
    step(cache, { { tokens, 1, one, 1 }, { shorter - 1, 1, two, 0 } }, 2);
    int block = one[tokens / BLOCK];
    run("open_truncate", dim3(1, KV_HEADS), CHANNEL_THREADS, 32, [&] {
        open_truncate(BLOCKS, SLOTS, block, 1, open - 1, cache.pages, cache.states, cache.open, cache.openRows, cache.openRange);
    });
    run("open_copy", dim3(1, KV_HEADS), 128, 0, [&] {
        open_copy(BLOCKS, SLOTS, two[2], 0, fork[2], 2, cache.pages, cache.states, cache.open, cache.openRows, cache.openRange);
    });
    step(cache, { { tokens - 1, 3, one, 1 }, { shorter, BLOCK / 2 - 4, two, 0 }, { shorter, 1, fork, 2 } }, 2);
    require(!LASER || cache.counters[2] > 0, "no block is raw");
    require(!LASER || cache.counters[1] > 0, "no block is wide");
    for (int i : one)
    {
        run("block_release", dim3(1), 32, 0, [&] {
            block_release(BLOCKS, 1, i, cache.states, cache.rawFree, cache.rawFreeCount, cache.rawPagesOfBlock);
        });
    }

    return 0;
}
