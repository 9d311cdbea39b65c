// The calls of cuBLASLt.
#include <cstring>

#include "../driver/driver.h"
#include "matmul.h"

namespace emu::cublaslt
{
EMU_API Status cublasLtCreate(void** handle)
{
    static char library;
    *handle = &library;
    return StatusSuccess;
}

EMU_API Status cublasLtDestroy(void*)
{
    return StatusSuccess;
}

EMU_API Status cublasLtMatmulDescCreate(Description** description, int, int)
{
    *description = new Description();
    return StatusSuccess;
}

EMU_API Status cublasLtMatmulDescDestroy(Description* description)
{
    delete description;
    return StatusSuccess;
}

EMU_API Status cublasLtMatmulDescSetAttribute(Description* description, int attribute, const void* value, size_t)
{
    constexpr int TransposeA = 3;
    constexpr int TransposeB = 4;
    constexpr int Epilogue = 7;
    constexpr int NoEpilogue = 1;
    int number;
    memcpy(&number, value, sizeof number);
    switch (attribute)
    {
        case TransposeA:
            description->transposeA = number;
            return StatusSuccess;
        case TransposeB:
            description->transposeB = number;
            return StatusSuccess;
        case Epilogue:
            return number == NoEpilogue ? StatusSuccess : StatusNotSupported;
        default:
            return StatusSuccess;
    }
}

EMU_API Status cublasLtMatrixLayoutCreate(
    Layout** layout, int type, uint64_t rows, uint64_t columns, int64_t leadingDimension)
{
    if (leadingDimension < (int64_t)rows || (type != DataFloat && type != DataBf16))
    {
        return StatusInvalidValue;
    }

    *layout = new Layout{ type, rows, columns, leadingDimension };
    return StatusSuccess;
}

EMU_API Status cublasLtMatrixLayoutDestroy(Layout* layout)
{
    delete layout;
    return StatusSuccess;
}

EMU_API Status cublasLtMatrixLayoutSetAttribute(Layout* layout, int attribute, const void* value, size_t)
{
    constexpr int BatchCount = 5;
    constexpr int BatchStride = 6;
    if (attribute == BatchCount)
    {
        memcpy(&layout->batch, value, sizeof layout->batch);
    }
    else if (attribute == BatchStride)
    {
        memcpy(&layout->stride, value, sizeof layout->stride);
    }

    return StatusSuccess;
}

EMU_API Status cublasLtMatmulPreferenceCreate(void** preference)
{
    static char instance;
    *preference = &instance;
    return StatusSuccess;
}

EMU_API Status cublasLtMatmulPreferenceDestroy(void*)
{
    return StatusSuccess;
}

EMU_API Status cublasLtMatmulPreferenceSetAttribute(void*, int, const void*, size_t)
{
    return StatusSuccess;
}

EMU_API Status cublasLtMatmulAlgoGetHeuristic(
    void*, Description*, Layout*, Layout*, Layout*, Layout*, void*, int requested, void* results, int* found)
{
    constexpr size_t ResultBytes = 96;
    memset(results, 0, ResultBytes * requested);
    *found = 1;
    return StatusSuccess;
}

EMU_API Status cublasLtMatmul(
    void*, const Description* description, const float* alpha, const void* a, const Layout* layoutA, const void* b,
    const Layout* layoutB, const float* beta, const void* c, const Layout* layoutC, void* d, const Layout* layoutD,
    const void*, void*, size_t, void* stream)
{
    Matmul matmul{ *description, *alpha, *beta, { a, *layoutA }, { b, *layoutB }, { c, *layoutC }, *layoutD, d };
    Status status = StatusSuccess;
    driver::Result result = driver::inContext([&](driver::Device& device)
    {
        bool inMemory = device.memory.contains((uintptr_t)a, layoutA->bytes())
            && device.memory.contains((uintptr_t)b, layoutB->bytes())
            && device.memory.contains((uintptr_t)d, layoutD->bytes());
        if (!inMemory || !matmul.shapesFit())
        {
            status = StatusInvalidValue;
            return driver::Success;
        }

        auto run = [matmul]
        {
            matmul.run();
            return driver::Success;
        };
        return driver::submit(device, stream, driver::Work{ run, true });
    });
    constexpr Status ExecutionFailed = (Status)13;
    return result != driver::Success ? ExecutionFailed : status;
}
}
