namespace Laser.Serve.StructuredOutput.Automata;

/// <summary>Bytes that an automaton never tells apart share a class; its table has a column for each.</summary>
internal sealed class ByteClasses
{
    private const int ByteCount = 256;

    private readonly byte[] _classes;

    private ByteClasses(byte[] classes, int count)
    {
        _classes = classes;
        Count = count;
    }

    /// <summary>1 to 256.</summary>
    public int Count { get; }

    public int this[byte value] => _classes[value];

    /// <summary>Classes that are runs of bytes; a new one begins at each of the marked bytes.</summary>
    public static ByteClasses FromStarts(bool[] starts)
    {
        byte[] classes = new byte[ByteCount];
        int last = 0;
        for (int value = 1; value < ByteCount; value++)
        {
            last += starts[value] ? 1 : 0;
            classes[value] = (byte)last;
        }

        return new ByteClasses(classes, last + 1);
    }

    /// <summary>Classes of bytes that are told apart by neither of two automata.</summary>
    public static ByteClasses Refine(ByteClasses left, ByteClasses right)
    {
        byte[] classes = new byte[ByteCount];
        var pairs = new Dictionary<(int Left, int Right), byte>();
        for (int value = 0; value < ByteCount; value++)
        {
            (int Left, int Right) pair = (left._classes[value], right._classes[value]);
            if (!pairs.TryGetValue(pair, out byte id))
            {
                id = (byte)pairs.Count;
                pairs.Add(pair, id);
            }

            classes[value] = id;
        }

        return new ByteClasses(classes, pairs.Count);
    }

    /// <summary>One byte of each class, the smallest.</summary>
    public byte[] Representatives()
    {
        byte[] smallest = new byte[Count];
        for (int value = ByteCount - 1; value >= 0; value--)
        {
            smallest[_classes[value]] = (byte)value;
        }

        return smallest;
    }
}
