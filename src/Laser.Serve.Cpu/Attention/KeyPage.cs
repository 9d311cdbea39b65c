using System.Runtime.Intrinsics;
using Laser.Serve.Cpu.Storage;

namespace Laser.Serve.Cpu.Attention;

/// <summary>
/// Writes one key to a page: lane <c>token % 16</c> of its group, rounded to the storage type, padding channels zero.
/// </summary>
internal static unsafe class KeyPage<T>
    where T : struct, IPairFormat
{
    /// <summary>Stores <paramref name="key"/> as the key of row <paramref name="token"/> of the block.</summary>
    public static void Store(byte* page, int token, float* key, PageLayout layout)
    {
        float* rounded = stackalloc float[PageLayout.Lanes];
        int lane = token % PageLayout.Lanes;
        byte* pair = page + ((nint)(token / PageLayout.Lanes) * layout.KeyGroupBytes);
        nint stride = T.PairStride(PageLayout.KeyRowBytes);
        for (int channel = 0; channel < layout.PaddedDim; channel += PageLayout.Lanes)
        {
            Load(key, channel, layout.Dim).Store(rounded);
            for (int i = 0; i < PageLayout.Lanes; i += 2)
            {
                T.StoreLane(pair, lane, rounded[i], rounded[i + 1]);
                pair += stride;
            }
        }
    }

    private static Vector512<float> Load(float* key, int channel, int dim)
    {
        if (channel + PageLayout.Lanes <= dim)
        {
            return T.Round(Vector512.Load(key + channel));
        }

        float* part = stackalloc float[PageLayout.Lanes];
        for (int i = 0; i < PageLayout.Lanes; i++)
        {
            part[i] = channel + i < dim ? key[channel + i] : 0f;
        }

        return T.Round(Vector512.Load(part));
    }
}
