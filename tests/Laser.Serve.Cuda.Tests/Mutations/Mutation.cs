using Laser.Serve.Cuda.Compilation;

namespace Laser.Serve.Cuda.Tests.Mutations;

/// <summary>A bug to plant in device code.</summary>
/// <param name="Name">What is wrong then.</param>
/// <param name="File">Where.</param>
/// <param name="Right">Text that is there exactly once; lines are separated by <c>\n</c>.</param>
/// <param name="Wrong">What it becomes.</param>
internal sealed record Mutation(string Name, string File, string Right, string Wrong)
{
    /// <summary>Why no test can find it, where that is so.</summary>
    public string? Harmless { get; init; }

    /// <summary>The project's device code with the bug.</summary>
    public KernelSources Plant()
    {
        string text = KernelSources.Embedded.Text(File).ReplaceLineEndings("\n");
        int found = text.Split(Right).Length - 1;
        Assert.True(found == 1, $"{Name}: {found} places in {File} read\n{Right}");
        return KernelSources.Embedded.With(File, text.Replace(Right, Wrong, StringComparison.Ordinal));
    }
}
