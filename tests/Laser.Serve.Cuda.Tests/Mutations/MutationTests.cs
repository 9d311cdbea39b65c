using System.Text;
using Laser.Serve.Cuda.Compilation;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Mutations;

/// <summary>
/// Whether tests find bugs: each is planted in a copy of the device code, and tests run until one fails. Takes minutes, and runs
/// only where the environment says <c>LASER_MUTATIONS=1</c>; writes what it found to <c>mutations.md</c> beside the tests.
/// </summary>
[Collection(EmulationGroup.Name)]
public sealed class MutationTests : IDisposable
{
    private const int MostWords = 110;

    public void Dispose() => TestBackend.Sources = KernelSources.Embedded;

    [CudaFact]
    public void Plant_EveryBug_HasItsPlace()
    {
        foreach (Mutation mutation in (IEnumerable<Mutation>)[.. AttentionMutations.All, .. RowMutations.All])
        {
            Assert.NotSame(KernelSources.Embedded, mutation.Plant());
        }
    }

    [MutationsFact]
    public void Tests_EveryBug_FindIt()
    {
        var table = new StringBuilder("| bug | found by | how |\n|---|---|---|\n");
        string? filter = Environment.GetEnvironmentVariable("LASER_MUTATIONS_ONLY");
        List<string> missed = [];
        foreach ((IReadOnlyList<Mutation> mutations, IReadOnlyList<(string, Action)> checks) in
            new[] { (AttentionMutations.All, MutationChecks.Attention), (RowMutations.All, MutationChecks.Rows) })
        {
            foreach (Mutation mutation in mutations.Where(m => m.Name.Contains(filter ?? "", StringComparison.Ordinal)))
            {
                (string? check, string how) = Find(mutation, checks);
                string found = check ?? (mutation.Harmless is null ? "**NOT FOUND**" : "nothing: harmless");
                table.Append($"| {mutation.Name} | {found} | {(check is null ? mutation.Harmless : how)} |\n");
                File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "mutations.md"), table.ToString());
                if (check is null && mutation.Harmless is null)
                {
                    missed.Add(mutation.Name);
                }
            }
        }

        Assert.True(missed.Count == 0, $"Not found: {string.Join("; ", missed)}");
    }

    private static (string? Check, string How) Find(Mutation mutation, IReadOnlyList<(string Name, Action Run)> checks)
    {
        TestBackend.Sources = mutation.Plant();
        foreach ((string name, Action run) in checks)
        {
            Exception? problem = Record.Exception(run);
            EmulatedCuda.Recover();
            EmulatedCuda.SetSchedule(0);
            if (problem is not null)
            {
                string words = problem.Message.ReplaceLineEndings(" ").Replace('|', '/');
                return (name, words.Length > MostWords ? $"{words[..MostWords]} ..." : words);
            }
        }

        return (null, "");
    }
}
