using System.Globalization;
using Laser.Serve.Compute;
using Laser.Serve.Compute.Attention;
using Laser.Serve.Cuda.Attention;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Tests.Attention;

namespace Laser.Serve.Cuda.Tests.Sanitizers;

/// <summary>
/// All kernels under AddressSanitizer, which sees every access outside of an array, and ThreadSanitizer, which sees accesses that
/// no barrier orders, within and between blocks.
/// </summary>
public class SanitizerTests
{
    private const int Segment = 64;

    /// <summary>Sanitizer, variant, keys, values, head dimension.</summary>
    public static TheoryData<Sanitizer, AttentionVariant, DataType, DataType, int> Caches
    {
        get
        {
            var data = new TheoryData<Sanitizer, AttentionVariant, DataType, DataType, int>();
            foreach (Sanitizer sanitizer in (Sanitizer[])[Sanitizer.Address, Sanitizer.Thread])
            {
                data.Add(sanitizer, AttentionVariant.Laser, DataType.BFloat16, DataType.BFloat16, 20);
                data.Add(sanitizer, AttentionVariant.Laser, DataType.Float32, DataType.Float32, 12);
                data.Add(sanitizer, AttentionVariant.Laser, DataType.Float32, DataType.BFloat16, 144);
                data.Add(sanitizer, AttentionVariant.Softmax, DataType.BFloat16, DataType.BFloat16, 16);
            }

            return data;
        }
    }

    [SanitizersTheory]
    [MemberData(nameof(Caches))]
    public void Attention_Sanitized_NothingFound(
        Sanitizer sanitizer, AttentionVariant variant, DataType keyType, DataType valueType, int headDim)
    {
        var shape = new AttentionShape(
            AttentionLayouts.Create(new LaserAttentionSpec(variant, 6, 2, headDim, 0.25f), keyType, valueType, 16));

        // Shorter segments than the product's make a short context many.
        string[] defines =
        [
            .. shape.Defines.Where(define => !define.StartsWith("SEGMENT=", StringComparison.Ordinal)),
            string.Create(CultureInfo.InvariantCulture, $"SEGMENT={Segment}"),
            string.Create(CultureInfo.InvariantCulture, $"SHARED_BYTES={shape.SharedBytes}"),
        ];
        AssertClean(sanitizer, "attention.cpp", defines, "AttentionAppend.cu", "Attend.cu", "AttendFinish.cu", "OpenBlocks.cu");
    }

    [SanitizersTheory]
    [InlineData(Sanitizer.Address)]
    [InlineData(Sanitizer.Thread)]
    public void LinearFma_Sanitized_NothingFound(Sanitizer sanitizer)
    {
        for (int format = 0; format < 4; format++)
        {
            string define = string.Create(CultureInfo.InvariantCulture, $"WEIGHT={format}");
            AssertClean(sanitizer, "linear_fma.cpp", [define], "LinearFma.cu");
        }
    }

    [SanitizersTheory]
    [InlineData(Sanitizer.Address)]
    [InlineData(Sanitizer.Thread)]
    public void LinearMma_Sanitized_NothingFound(Sanitizer sanitizer) =>
        AssertClean(sanitizer, "linear_mma.cpp", [], "LinearMma.cu", "LinearMmaTiled.cu", "RoundRows.cu");

    [SanitizersTheory]
    [InlineData(Sanitizer.Address)]
    [InlineData(Sanitizer.Thread)]
    public void Rows_Sanitized_NothingFound(Sanitizer sanitizer) => AssertClean(
        sanitizer, "rows.cpp", [], "RmsNorm.cu", "Rotary.cu", "Residual.cu", "GatedActivation.cu", "Gather.cu", "Embed.cu");

    private static void AssertClean(Sanitizer sanitizer, string program, string[] defines, params ReadOnlySpan<string> sources)
    {
        string text = $"#include <algorithm>\n{Resource("memory.h")}\n{KernelText.Of(sources, defines)}\n{Resource(program)}";
        (int code, string output) = SanitizedProgram.Run(text, sanitizer);
        Assert.True(code == 0, $"{program}, {string.Join(' ', defines)}:\n{output}");
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(SanitizerTests).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
