namespace Laser.Serve.Cuda.Launching;

/// <summary>The graphs used last, at most <see cref="Capacity"/>.</summary>
internal sealed class GraphCache : IDisposable
{
    /// <summary>Graphs that are kept.</summary>
    public const int Capacity = 64;

    // Used last first. Steps repeat, so the right one is mostly in front.
    private readonly List<CudaGraph> _graphs = new(Capacity);

    /// <summary>The graph of a list, null where there is none.</summary>
    public CudaGraph? Find(LaunchList list)
    {
        for (int i = 0; i < _graphs.Count; i++)
        {
            if (_graphs[i].Is(list))
            {
                CudaGraph found = _graphs[i];
                _graphs.RemoveAt(i);
                _graphs.Insert(0, found);
                return found;
            }
        }

        return null;
    }

    /// <summary>Keeps a graph, and drops the one that was not used for longest where there are too many.</summary>
    public void Add(CudaGraph graph)
    {
        if (_graphs.Count == Capacity)
        {
            _graphs[^1].Dispose();
            _graphs.RemoveAt(_graphs.Count - 1);
        }

        _graphs.Insert(0, graph);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (CudaGraph graph in _graphs)
        {
            graph.Dispose();
        }

        _graphs.Clear();
    }
}
