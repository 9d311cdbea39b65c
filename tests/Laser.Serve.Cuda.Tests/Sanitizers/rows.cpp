// The operations on rows: one launch each, in the shapes that leave something over at every end.

int main()
{
    const int rows = 3, columns = 1030;
    Memory<float> input((size_t)rows * columns), weight(columns), output((size_t)rows * columns, NAN);
    fill(input);
    fill(weight);
    run("rms_norm", dim3(rows), 256, 8 * sizeof(float), [&] { rms_norm(input, weight, columns, 1e-5f, output); });
    run("rms_norm in place", dim3(rows), 256, 8 * sizeof(float), [&] { rms_norm(output, weight, columns, 1e-5f, output); });
    requireFinite(output, "a row is not finite");

    const int heads = 11, headDim = 70;
    Memory<float> headWeight(headDim);
    fill(headWeight);
    run("head_rms_norm", dim3(rows, 2), 256, 0, [&] { head_rms_norm(input, columns, 200, heads, headDim, headWeight, 1e-5f); });

    Memory<int> positions(rows, 4);
    positions[1] = 0;
    Memory<float> table(5 * headDim);
    fill(table);
    run("rotary", dim3(rows), 256, 0, [&] { rotary(positions, table, 5, headDim / 2, input, columns, heads, headDim); });
    long long count = (long long)rows * columns;
    run("add_residual", dim3((count + 1023) / 1024), 256, 0, [&] { add_residual(output, input, count); });
    requireFinite(output, "a row is not finite");

    Memory<float> activated((size_t)rows * columns / 2, NAN);
    run("silu", dim3(rows, 1), 256, 0, [&] { silu(input, columns / 2, activated); });
    run("gelu", dim3(rows, 1), 256, 0, [&] { gelu(input, columns / 2, activated); });
    run("gelu_tanh", dim3(rows, 1), 256, 0, [&] { gelu_tanh(input, columns / 2, activated); });
    requireFinite(activated, "an activation is not finite");

    Memory<int> ids(2, 2);
    ids[1] = 0;
    Memory<float> picked(2 * columns, NAN);
    run("gather", dim3(2), 256, 0, [&] { gather(ids, input, columns, picked); });
    run("embed_f32", dim3(2), 256, 0, [&] { embed_f32(ids, input, rows, columns, columns, picked); });
    Memory<Half> halves((size_t)rows * columns);
    run("embed_f16", dim3(2), 256, 0, [&] { embed_f16(ids, halves, rows, columns, columns, picked); });
    run("embed_bf16", dim3(2), 256, 0, [&] { embed_bf16(ids, (Upper*)(Half*)halves, rows, columns, columns, picked); });
    requireFinite(picked, "an embedding is not finite");
    return 0;
}
