namespace Laser.Serve.Cuda.Tests.Clang;

/// <summary>Runs where there is clang, which nothing else needs; elsewhere the test is skipped with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClangTheoryAttribute : TheoryAttribute
{
    public ClangTheoryAttribute()
    {
        Skip = Clang.Command is null ? "There is no clang from version 14 on." : null;
    }
}
