#include "matmul.h"

#include <cstring>

namespace emu::cublaslt
{
static double load(const Matrix& matrix, int batch, uint64_t row, uint64_t column)
{
    size_t i = batch * matrix.layout.stride + column * matrix.layout.leadingDimension + row;
    if (matrix.layout.type == DataFloat)
    {
        return ((const float*)matrix.data)[i];
    }

    return __builtin_bit_cast(float, (uint32_t)((const uint16_t*)matrix.data)[i] << 16);
}

static void store(void* data, int type, size_t i, float value)
{
    if (type == DataFloat)
    {
        ((float*)data)[i] = value;
        return;
    }

    uint32_t bits = __builtin_bit_cast(uint32_t, value);
    ((uint16_t*)data)[i] = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

bool Matmul::shapesFit() const
{
    uint64_t rows = description.transposeA ? a.layout.columns : a.layout.rows;
    uint64_t columns = description.transposeB ? b.layout.rows : b.layout.columns;
    uint64_t depthOfB = description.transposeB ? b.layout.columns : b.layout.rows;
    return depthOfB == depth() && layoutD.rows == rows && layoutD.columns == columns;
}

double Matmul::dot(int batch, uint64_t row, uint64_t column) const
{
    double sum = 0;
    for (uint64_t k = 0; k < depth(); k++)
    {
        double left = description.transposeA ? load(a, batch, k, row) : load(a, batch, row, k);
        double right = description.transposeB ? load(b, batch, column, k) : load(b, batch, k, column);
        sum += left * right;
    }

    return sum;
}

void Matmul::run() const
{
    for (int batch = 0; batch < layoutD.batch; batch++)
    {
        for (uint64_t column = 0; column < layoutD.columns; column++)
        {
            for (uint64_t row = 0; row < layoutD.rows; row++)
            {
                double value = alpha * dot(batch, row, column);
                if (beta != 0)
                {
                    value += beta * load(c, batch, row, column);
                }

                size_t i = batch * layoutD.stride + column * layoutD.leadingDimension + row;
                store(d, layoutD.type, i, (float)value);
            }
        }
    }
}
}
