using System.Collections;
using System.Diagnostics;

namespace Grpc.Core;

/// <summary>Key-value pairs that travel as HTTP/2 headers or trailers. Keys may repeat and keep their order.</summary>
[DebuggerDisplay("Count = {Count}")]
public sealed partial class Metadata : IList<Metadata.Entry>
{
    /// <summary>The ending of keys whose values are bytes.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>Metadata without entries that cannot be changed.</summary>
    public static readonly Metadata Empty = new(isReadOnly: true);

    private readonly List<Entry> _entries = [];

    /// <summary>Creates metadata without entries.</summary>
    public Metadata()
    {
    }

    private Metadata(bool isReadOnly)
    {
        IsReadOnly = isReadOnly;
    }

    /// <summary>The number of entries.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether changes are refused with an <see cref="InvalidOperationException"/>.</summary>
    public bool IsReadOnly { get; }

    /// <summary>The entry at a position.</summary>
    /// <param name="index">Position, from 0.</param>
    public Entry this[int index]
    {
        get => _entries[index];
        set
        {
            ThrowIfReadOnlyOrNull(value);
            _entries[index] = value;
        }
    }

    /// <summary>The last entry with a key, or null.</summary>
    /// <param name="key">The key, in any case.</param>
    public Entry? Get(string key) => _entries.FindLast(entry => entry.HasKey(key));

    /// <summary>The text of the last entry with a key, or null.</summary>
    /// <param name="key">The key, in any case.</param>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The bytes of the last entry with a key, or null.</summary>
    /// <param name="key">The key, in any case.</param>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    /// <summary>All entries with a key, in order.</summary>
    /// <param name="key">The key, in any case.</param>
    public IEnumerable<Entry> GetAll(string key) => _entries.Where(entry => entry.HasKey(key));

    /// <summary>Appends a text entry.</summary>
    /// <param name="key">A key that does not end in <see cref="BinaryHeaderSuffix"/>.</param>
    /// <param name="value">The text.</param>
    public void Add(string key, string value) => Add(new Entry(key, value));

    /// <summary>Appends a binary entry.</summary>
    /// <param name="key">A key that ends in <see cref="BinaryHeaderSuffix"/>.</param>
    /// <param name="valueBytes">The bytes, which are copied.</param>
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    /// <summary>Appends an entry.</summary>
    /// <param name="item">The entry.</param>
    public void Add(Entry item)
    {
        ThrowIfReadOnlyOrNull(item);
        _entries.Add(item);
    }

    /// <summary>Inserts an entry.</summary>
    /// <param name="index">Its position, from 0.</param>
    /// <param name="item">The entry.</param>
    public void Insert(int index, Entry item)
    {
        ThrowIfReadOnlyOrNull(item);
        _entries.Insert(index, item);
    }

    /// <summary>Removes the first occurrence of an entry.</summary>
    /// <param name="item">The entry.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(Entry item)
    {
        ThrowIfReadOnlyOrNull(item);
        return _entries.Remove(item);
    }

    /// <summary>Removes the entry at a position.</summary>
    /// <param name="index">Position, from 0.</param>
    public void RemoveAt(int index)
    {
        ThrowIfReadOnly();
        _entries.RemoveAt(index);
    }

    /// <summary>Removes all entries.</summary>
    public void Clear()
    {
        ThrowIfReadOnly();
        _entries.Clear();
    }

    /// <summary>The position of an entry, or -1.</summary>
    /// <param name="item">The entry.</param>
    public int IndexOf(Entry item) => _entries.IndexOf(item);

    /// <summary>Whether an entry is there.</summary>
    /// <param name="item">The entry.</param>
    public bool Contains(Entry item) => _entries.Contains(item);

    /// <summary>Copies all entries.</summary>
    /// <param name="array">Where to.</param>
    /// <param name="arrayIndex">The position of the first one there.</param>
    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    /// <summary>Enumerates the entries in order.</summary>
    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void ThrowIfReadOnlyOrNull(Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        ThrowIfReadOnly();
    }

    private void ThrowIfReadOnly()
    {
        if (IsReadOnly)
        {
            throw new InvalidOperationException("This metadata is read-only.");
        }
    }
}
