using Laser.Serve.StructuredOutput.Tokens;

namespace Laser.Serve.StructuredOutput;

/// <summary>
/// The constraints used last, as many as fit into so many bytes. Thread-safe; nobody waits for the compilation of
/// another constraint than their own.
/// </summary>
internal sealed class ConstraintCache(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ConstraintSpec, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = [];
    private long _hits;
    private long _misses;
    private long _bytes;

    /// <summary>Without the masks.</summary>
    public ConstraintStatistics Statistics
    {
        get
        {
            lock (_lock)
            {
                return new ConstraintStatistics(_hits, _misses, _entries.Count, _bytes, 0);
            }
        }
    }

    /// <summary>The constraint for a spec; whoever comes first builds it, others wait for that.</summary>
    public TokenConstraint GetOrAdd(ConstraintSpec spec, Func<ConstraintSpec, AutomatonConstraint> build)
    {
        LinkedListNode<Entry> node = FindOrStart(spec, build);
        AutomatonConstraint constraint;
        try
        {
            constraint = node.Value.Constraint.Value;
        }
        catch
        {
            Remove(node);
            throw;
        }

        Account(node, constraint);
        return constraint;
    }

    private LinkedListNode<Entry> FindOrStart(ConstraintSpec spec, Func<ConstraintSpec, AutomatonConstraint> build)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(spec, out LinkedListNode<Entry>? node))
            {
                _hits++;
                _order.Remove(node);
                _order.AddFirst(node);
                return node;
            }

            _misses++;
            node = _order.AddFirst(new Entry(spec, new Lazy<AutomatonConstraint>(() => build(spec))));
            _entries.Add(spec, node);
            return node;
        }
    }

    private void Account(LinkedListNode<Entry> node, AutomatonConstraint constraint)
    {
        lock (_lock)
        {
            // It may have been let go meanwhile, or counted by another thread.
            if (node.List is null || node.Value.Size > 0)
            {
                return;
            }

            node.Value.Size = constraint.Size + (sizeof(char) * node.Value.Spec.Texts.Sum(text => (long)text.Length));
            _bytes += node.Value.Size;
            for (LinkedListNode<Entry>? last = _order.Last; last is not null && _bytes > maxBytes;)
            {
                LinkedListNode<Entry>? previous = last.Previous;
                if (last.Value.Size > 0)
                {
                    RemoveUnderLock(last);
                }

                last = previous;
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        lock (_lock)
        {
            if (node.List is not null)
            {
                RemoveUnderLock(node);
            }
        }
    }

    private void RemoveUnderLock(LinkedListNode<Entry> node)
    {
        _order.Remove(node);
        _entries.Remove(node.Value.Spec);
        _bytes -= node.Value.Size;
    }

    private sealed class Entry(ConstraintSpec spec, Lazy<AutomatonConstraint> constraint)
    {
        public ConstraintSpec Spec { get; } = spec;

        public Lazy<AutomatonConstraint> Constraint { get; } = constraint;

        /// <summary>In bytes; 0 while it is compiled.</summary>
        public long Size { get; set; }
    }
}
