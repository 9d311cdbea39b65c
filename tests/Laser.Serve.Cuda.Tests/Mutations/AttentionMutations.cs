namespace Laser.Serve.Cuda.Tests.Mutations;

/// <summary>Bugs of attention.</summary>
internal static class AttentionMutations
{
    private const string Attend = "Attend.cu";
    private const string Tile = "attend_tile.cuh";
    private const string Rare = "attend_rare.cuh";
    private const string Finish = "AttendFinish.cu";
    private const string Append = "AttentionAppend.cu";
    private const string Open = "OpenBlocks.cu";
    private const string Header = "attention.cuh";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(
            "no barrier before the next keys",
            Attend,
            "        __syncthreads();\n        lz_load_tile(page, visible, KEY_BYTES",
            "        lz_load_tile(page, visible, KEY_BYTES")
        {
            Harmless = "a barrier stands behind the last use of the tile, too",
        },
        new("keys not waited for", Attend, "KEY_BYTES, s.tile);\n        lz_cp_wait<0>();", "KEY_BYTES, s.tile);"),
        new(
            "no barrier behind the wait for keys",
            Attend,
            "        __syncthreads();\n        lz_score(s, scale);",
            "        lz_score(s, scale);"),
        new("no barrier behind scores", Attend, "lz_score(s, scale);\n        __syncthreads();", "lz_score(s, scale);"),
        new(
            "values not waited for",
            Attend,
            "        lz_cp_wait<0>();\n        __syncthreads();\n        lz_sum(s, -1);",
            "        __syncthreads();\n        lz_sum(s, -1);"),
        new("no barrier before sums", Attend, "        __syncthreads();\n        lz_sum(s, -1);", "        lz_sum(s, -1);"),
        new("no barrier behind sums", Attend, "lz_sum(s, -1);\n        __syncthreads();", "lz_sum(s, -1);"),
        new(
            "no barrier between rare queries",
            Attend,
            "                __syncthreads();\n                lz_rare_query",
            "                lz_rare_query"),
        new(
            "early return before a barrier",
            Rare,
            "    __syncthreads();\n    if (ordinary) {",
            "    if (threadIdx.x >= DIM) return;\n    __syncthreads();\n    if (ordinary) {"),
        new(
            "halves of keys swapped",
            Tile,
            "*(const unsigned*)(keys + c), *(const unsigned*)(keys + c + 8)",
            "*(const unsigned*)(keys + c + 8), *(const unsigned*)(keys + c)"),
        new(
            "halves of values swapped",
            Tile,
            "lz_mma(d[0], a, b);\n                lz_mma(d[1], a, b + 2);",
            "lz_mma(d[0], a, b + 2);\n                lz_mma(d[1], a, b);"),
        new("values not transposed", Tile, "lz_ldsm4t(b,", "lz_ldsm4(b,"),
        new(
            "third term of queries dropped",
            Tile,
            "term < 3; term++) {\n                unsigned a[4];\n                lz_load_a(a, (const bf16*)s.queries",
            "term < 2; term++) {\n                unsigned a[4];\n                lz_load_a(a, (const bf16*)s.queries"),
        new(
            "third term of weights dropped",
            Tile,
            "term < 3; term++) {\n                unsigned a[4];\n                lz_load_a(a, s.weightTerms",
            "term < 2; term++) {\n                unsigned a[4];\n                lz_load_a(a, s.weightTerms"),
        new(
            "wrong page",
            Attend,
            "block = blocks[blockStarts[tile.sequence] + blockIndex];",
            "block = blocks[blockStarts[tile.sequence] + blockIndex / 2];"),
        new("garbage times zero", Tile, "bool seen = row < rows;", "bool seen = row < rows || true;"),
        new(
            "a token of the future is seen",
            Tile,
            "lz_position(tile, query) - blockStart + 1 : 0;",
            "lz_position(tile, query) - blockStart + 2 : 0;"),
        new("exponent of scores forgotten", Attend, "s.exponents[channel] + s.scoreExponent[query]);", "s.exponents[channel]);"),
        new(
            "exponent of values forgotten",
            Attend,
            "s.exponents[channel] = ((const short*)(page + SHIFT_OFFSET))[channel] - HEADROOM;",
            "s.exponents[channel] = -HEADROOM;"),
        new(
            "fraction of scores forgotten",
            Attend,
            "lz_mul(s.parts[query * LDP + channel], s.scoreFraction[query])",
            "s.parts[query * LDP + channel]"),
        new(
            "rare block not made again for earlier queries",
            Rare,
            "bool final = lz_position(tile, query) >= last;",
            "bool final = true; (void)last;"),
        new("wide block summed in fp32", Rare, "bool ordinary = !raw && spread <= WIDE;", "bool ordinary = !raw;"),
        new("rows of a rare block from the wrong buffer", Rare, "open[slot].bufferBefore);", "open[slot].buffer);"),
        new(
            "rows of another raw page",
            Rare,
            "(long long)(state.rawPage - 1) * ROWS_LENGTH",
            "(long long)(state.rawPage > 1 ? 0 : 1) * ROWS_LENGTH"),
        new("last segment left out", Finish, "z < segments && (firstSegment", "z + 1 < segments && (firstSegment"),
        new(
            "segments in another order than they were written",
            Finish,
            "* segments + z) * PARTIAL_WORDS",
            "* segments + segments - 1 - z) * PARTIAL_WORDS"),
        new(
            "sums of earlier passes forgotten",
            Finish,
            "if (firstSegment > 0 && channel < DIM) {",
            "if (firstSegment < 0 && channel < DIM) {"),
        new(
            "no barrier around the sum of weights",
            Finish,
            "            __syncthreads();                             // all have read",
            "            // all have read")
        {
            Harmless = "only the thread that writes it uses what it read; for ThreadSanitizer it is a race",
        },
        new("two blocks write one place", Attend, "* gridDim.z + blockIdx.z) * PARTIAL_WORDS", "* gridDim.z) * PARTIAL_WORDS"),
        new("log floor forgotten", Finish, "LASER && o < floorValue ? floorValue : o;", "o;"),
        new(
            "shared memory overrun",
            Tile,
            "s.scratch = (int*)(s.weightSum + TILE);",
            "s.scratch = (int*)(s.weightSum + TILE) + 128;"),
        new("no barrier before a block's largest number", Header, "= value;\n    __syncthreads();", "= value;"),
        new("no barrier behind a block's largest number", Header, "    __syncthreads();\n    return value;", "    return value;"),
        new("softclamp forgotten", Header, "softclamp > 0.f ? softclamp * tanhf(v / softclamp) : v;", "softclamp > 0.f ? v : v;"),
        new("rescale in append forgotten", Append, "shift > oldShift && i < first", "shift < oldShift && i < first"),
        new(
            "full blocks write what belongs to the open one",
            Append,
            "if (!full) {                                     // full",
            "if (true) {                                      // full"),
        new(
            "buffer of the open block not switched",
            Append,
            "            slot->buffer ^= length - newRows <= last * BLOCK;\n",
            ""),
        new("raw page not kept", Append, "                    state->rawPage = page;\n", ""),
        new("block stays raw no longer than a step", Append, "int raw = first > 0 ? state->raw : 0;", "int raw = 0;"),
        new(
            "rows of a raw block not kept",
            Append,
            "        lz_copy_block_values(step,",
            "        if (false) lz_copy_block_values(step,"),
        new("shifts not taken back", Open, "            range[channel] = shift;\n", ""),
        new("rows not copied with their block", Open, "        rowsCopy[i] = rows[i];\n", ""),
        new(
            "state not copied with its block",
            Open,
            "*lz_state(states, layers, layer, toBlock, head) = *lz_state(states, layers, layer, fromBlock, head);",
            ";"),
        new(
            "pages of the wrong layer",
            Open,
            "pages + (long long)layer * layers.blocks * KV_HEADS * PAGE_BYTES",
            "pages + 0 * ((long long)layer * layers.blocks)"),
    ];
}
