// The products of LinearFma.cu: few and many rows, with warps that share an output and without.

#define WEIGHT_BYTES (16 / VECTOR)

template <class F> static void multiply(F kernel, int tileRows, int rows, int inputs, int outputs, int sharers)
{
    int stride = (inputs + 63) / 64 * 64, segments = (inputs + SEGMENT - 1) / SEGMENT;
    Memory<float> input((size_t)rows * inputs), bias(outputs), output((size_t)rows * outputs, NAN);
    Memory<float> scales((size_t)outputs * stride / 64);
    Memory<unsigned char> weights((size_t)outputs * stride * WEIGHT_BYTES);
    fill(input);
    fill(bias);
    fill(scales);
    int perBlock = WARPS / sharers * COLUMNS;
    int blocks = (rows + tileRows - 1) / tileRows * ((outputs + perBlock - 1) / perBlock);
    size_t bytes = sharers == 1 ? 0 : (size_t)WARPS / sharers * segments * tileRows * COLUMNS * sizeof(float);
    run("linear_fma", dim3(blocks), 256, bytes, [&] {
        kernel(input, rows, inputs, weights, scales, stride, outputs, bias, output, sharers);
    });
    requireFinite(output, "a product is not finite");
}

int main()
{
    for (int sharers = 1; sharers <= 2; sharers++)
    {
        multiply(linear_fma_1, 1, 1, 1030, 37, sharers);
        multiply(linear_fma_4, 4, 3, 1030, 37, sharers);
        multiply(linear_fma_8, 8, 7, 101, 5, 1);
    }

    multiply(linear_fma_8, 8, 19, 600, 35, 1);
    return 0;
}
