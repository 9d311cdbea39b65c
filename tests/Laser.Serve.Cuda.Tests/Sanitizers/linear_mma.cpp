// The products on tensor cores: few rows (LinearMma.cu) and tiles (LinearMmaTiled.cu), with the rounding of rows (RoundRows.cu).

static int strideOf(int inputs) { return (inputs + 63) / 64 * 64; }

template <class F> static void few(F kernel, int tileRows, int rows, int inputs, int outputs, bool roundsItself)
{
    int stride = strideOf(inputs), segments = (inputs + SEGMENT - 1) / SEGMENT;
    Memory<float> input((size_t)rows * inputs), bias(outputs), output((size_t)rows * outputs, NAN);
    Memory<unsigned> rounded((size_t)rows * stride / 2);
    Memory<bf16> weights((size_t)outputs * stride);
    fill(input);
    fill(bias);
    run("round_rows", dim3(rows), 256, 0, [&] { round_rows(input, inputs, stride, rounded); });
    int blocks = (rows + tileRows - 1) / tileRows * ((outputs + 15) / 16);
    run("linear_mma", dim3(blocks), 32 * std::min(segments, 8), (size_t)segments * tileRows * 16 * sizeof(float), [&] {
        void* source = roundsItself ? (void*)(float*)input : (void*)(unsigned*)rounded;
        kernel(source, rows, inputs, weights, stride, outputs, bias, output);
    });
    requireFinite(output, "a product is not finite");
}

template <class F> static void tiled(F kernel, int tile, int threads, int rows, int inputs, int outputs)
{
    int stride = strideOf(inputs);
    Memory<bf16> input((size_t)rows * stride), weights((size_t)outputs * stride);
    Memory<float> bias(outputs), output((size_t)rows * outputs, NAN);
    int blocks = (rows + tile - 1) / tile * ((outputs + tile - 1) / tile);
    run("linear_mma_tiled", dim3(blocks), threads, (size_t)3 * 2 * tile * 64 * sizeof(bf16), [&] {
        kernel(input, rows, weights, stride, outputs, bias, output);
    });
    requireFinite(output, "a product is not finite");
}

// Kernels for few rows as one kind of function.
static void mma8(
    void* input, int rows, int inputs, const bf16* weights, int stride, int outputs, const float* bias, float* output)
{
    linear_mma_8((float*)input, rows, inputs, weights, stride, outputs, bias, output);
}

#define FEW_ROWS(count) \
    static void mma##count( \
        void* input, int rows, int inputs, const bf16* weights, int stride, int outputs, const float* bias, float* output) \
    { \
        linear_mma_##count((bf16*)input, rows, inputs, weights, stride, outputs, bias, output); \
    }

FEW_ROWS(16)
FEW_ROWS(32)
FEW_ROWS(64)

int main()
{
    few(mma8, 8, 1, 1100, 37, true);
    few(mma8, 8, 7, 102, 16, true);
    few(mma8, 8, 5, 101, 16, true);
    few(mma16, 16, 13, 600, 20, false);
    few(mma32, 32, 30, 520, 17, false);
    few(mma64, 64, 100, 130, 33, false);
    tiled(linear_mma_tiled_64, 64, 128, 67, 600, 70);
    tiled(linear_mma_tiled_128, 128, 256, 130, 200, 131);
    return 0;
}
