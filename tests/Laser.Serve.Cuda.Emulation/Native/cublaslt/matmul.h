#pragma once

#include <cstddef>
#include <cstdint>

namespace emu::cublaslt
{
enum Status : int
{
    StatusSuccess = 0,
    StatusInvalidValue = 7,
    StatusNotSupported = 15,
};

enum DataType : int
{
    DataFloat = 0,
    DataBf16 = 14,
};

/// A matrix, column by column, or a batch of them.
struct Layout
{
    int type;
    uint64_t rows;
    uint64_t columns;
    int64_t leadingDimension;
    int batch = 1;
    int64_t stride = 0;

    size_t bytes() const
    {
        size_t elements = (batch - 1) * stride + (columns - 1) * leadingDimension + rows;
        return elements * (type == DataBf16 ? 2 : 4);
    }
};

struct Description
{
    int transposeA = 0;
    int transposeB = 0;
};

struct Matrix
{
    const void* data;
    Layout layout;
};

/// D = alpha op(A) op(B) + beta C, summed in double precision.
struct Matmul
{
    Description description;
    float alpha;
    float beta;
    Matrix a;
    Matrix b;
    Matrix c;
    Layout layoutD;
    void* d;

    uint64_t depth() const
    {
        return description.transposeA ? a.layout.rows : a.layout.columns;
    }

    bool shapesFit() const;
    void run() const;

private:
    double dot(int batch, uint64_t row, uint64_t column) const;
};
}
