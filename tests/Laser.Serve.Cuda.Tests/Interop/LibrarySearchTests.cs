using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Interop;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Interop;

/// <summary>Where libraries are looked for. Any shared library will do for that: the one in use here is the emulation.</summary>
[Collection(EmulationGroup.Name)]
public sealed class LibrarySearchTests : IDisposable
{
    private static readonly LibraryName Absent = new("absent", "libabsent-laser.so.2", "libabsent-laser.so.1");

    private readonly string _folder = Directory.CreateTempSubdirectory("laser-search").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [CudaFact]
    public void TryLoad_AbsentLibrary_TellsInOneLineWhatWasTried()
    {
        LibrarySearch search = new(["/told"], ["/usual", "/other"]);

        Assert.False(search.TryLoad(Absent, out nint handle, out string problem));
        Assert.Equal(0, handle);
        Assert.Equal(
            "libabsent-laser.so.2 or libabsent-laser.so.1 was not found (looked in /told, the loader's path, /usual, /other)",
            problem);
    }

    [CudaFact]
    public void TryLoad_FileThatIsNoLibrary_TellsWhy()
    {
        string file = Path.Combine(_folder, "libabsent-laser.so.1");
        File.WriteAllText(file, "not a library");

        Assert.False(new LibrarySearch([], [_folder]).TryLoad(Absent, out _, out string problem));
        Assert.Contains("not usable: ", problem);
        Assert.Contains(file, problem);
        Assert.DoesNotContain('\n', problem);
    }

    [CudaFact]
    public void TryLoad_SingleFileTold_ServesForEveryLibrary()
    {
        LibrarySearch search = new([EmulatedCuda.Library], []);

        Assert.True(search.TryLoad(Absent, out nint first, out string problem), problem);
        Assert.True(search.TryLoad(NativeLibraries.Nvrtc, out nint second, out problem), problem);
        Assert.Equal(first, second);
    }

    [CudaFact]
    public void TryLoad_SeveralFilesTold_TakesTheOneOfThatName()
    {
        string other = Link("libother-laser.so.7");
        string own = Link("libabsent-laser.so.9");

        Assert.False(new LibrarySearch([other, other], []).TryLoad(Absent, out _, out _));
        Assert.True(new LibrarySearch([other, own], []).TryLoad(Absent, out _, out string problem), problem);
    }

    [CudaFact]
    public void TryLoad_FolderTold_GoesAheadOfUsualFolders()
    {
        Link("libabsent-laser.so.1");
        string broken = Directory.CreateDirectory(Path.Combine(_folder, "usual")).FullName;
        File.WriteAllText(Path.Combine(broken, "libabsent-laser.so.2"), "not a library");

        Assert.True(new LibrarySearch([_folder], [broken]).TryLoad(Absent, out _, out string problem), problem);
        Assert.False(new LibrarySearch([], [broken]).TryLoad(Absent, out _, out _));
    }

    [CudaFact]
    public void Search_PythonEnvironment_FindsPackages()
    {
        string package = Path.Combine("lib", "python3.12", "site-packages", "nvidia", "cuda_nvrtc", "lib");
        Directory.CreateDirectory(Path.Combine(_folder, package));
        Link(Path.Combine(package, "libabsent-laser.so.1"));
        LibrarySearch search = LibraryFolders.Search(name => name == "VIRTUAL_ENV" ? _folder : null);

        Assert.True(search.TryLoad(Absent, out _, out string problem), problem);
    }

    [CudaFact]
    public void Search_CudaHome_FindsItsLibraries()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "lib64"));
        Link(Path.Combine("lib64", "libabsent-laser.so.2"));
        LibrarySearch search = LibraryFolders.Search(name => name == "CUDA_HOME" ? _folder : null);

        Assert.True(search.TryLoad(Absent, out _, out string problem), problem);
    }

    [CudaFact]
    public void Paths_ColonsAndSpaces_AreSeparators() =>
        Assert.Equal(["/a/b", "/c"], LibraryFolders.Paths("/a/b: :/c:"));

    private string Link(string name) => File.CreateSymbolicLink(Path.Combine(_folder, name), EmulatedCuda.Library).FullName;
}
