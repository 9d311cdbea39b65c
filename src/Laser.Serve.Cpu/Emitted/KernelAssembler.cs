using System.Runtime.InteropServices;

namespace Laser.Serve.Cpu.Emitted;

/// <summary>
/// Writes the few x86-64 instructions that <see cref="DotKernels"/> are made of. Vectors are of 512 bits, with an EVEX
/// prefix (bits of register numbers are inverted in it; the displacement byte counts whole vectors):
/// <code>
///   62 | R X B R' 0 0 map(2) | W vvvv(4) 1 pp(2) | z L'L(2) b V' aaa(3) | opcode | ModRM | SIB | displacement
/// </code>
/// </summary>
internal sealed class KernelAssembler
{
    private readonly List<byte> _code = [];

    /// <summary>Bytes so far.</summary>
    public int Position => _code.Count;

    /// <summary>The instructions.</summary>
    public ReadOnlySpan<byte> Code => CollectionsMarshal.AsSpan(_code);

    /// <summary><c>vmovups target, [address + 64 * vectors]</c></summary>
    public void Load(int target, Register address, int vectors) =>
        Memory(map: 1, prefix: 0, 0x10, target, address, null, 1, vectors);

    /// <summary><c>vmovups [address + 64 * vectors], source</c></summary>
    public void Store(int source, Register address, int vectors) =>
        Memory(map: 1, prefix: 0, 0x11, source, address, null, 1, vectors);

    /// <summary><c>vbroadcastss target, [address + index * scale]</c>, scale 1 or 2.</summary>
    public void Broadcast(int target, Register address, Register? index = null, int scale = 1) =>
        Memory(map: 2, prefix: 1, 0x18, target, address, index, scale, 0);

    /// <summary><c>vdpbf16ps sum, left, right</c></summary>
    public void Dot(int sum, int left, int right)
    {
        Prefix(map: 2, prefix: 2, sum, left, Low(right, 3), Low(right, 4));
        Emit(0x52, ModRm(3, sum, right));
    }

    /// <summary><c>mov target, source</c></summary>
    public void Move(Register target, Register source) =>
        Emit(Rex((int)source, (int)target), 0x89, ModRm(3, (int)source, (int)target));

    /// <summary><c>add target, source</c></summary>
    public void Add(Register target, Register source) =>
        Emit(Rex((int)source, (int)target), 0x01, ModRm(3, (int)source, (int)target));

    /// <summary><c>add target, value</c></summary>
    public void Add(Register target, int value)
    {
        Emit(Rex(0, (int)target), 0x81, ModRm(3, 0, (int)target));
        Number(value);
    }

    /// <summary><c>dec counter; jnz position</c></summary>
    public void Loop(Register counter, int position)
    {
        Emit(Rex(0, (int)counter), 0xFF, ModRm(3, 1, (int)counter), 0x0F, 0x85);
        Number(position - (Position + sizeof(int)));
    }

    /// <summary><c>vzeroupper; ret</c></summary>
    public void Return() => Emit(0xC5, 0xF8, 0x77, 0xC3);

    private void Memory(
        int map, int prefix, byte opcode, int vector, Register address, Register? index, int scale, int vectors)
    {
        const int SibFollows = 4;
        int number = (int)address;
        Prefix(map, prefix, vector, 0, Low(number, 3), 1);
        if (index is { } register)
        {
            Emit(opcode, ModRm(1, vector, SibFollows));
            Emit((byte)((scale - 1) << 6 | (int)register << 3 | number & 7), (byte)vectors);
        }
        else
        {
            Emit(opcode, ModRm(1, vector, number), (byte)vectors);
        }
    }

    private void Prefix(int map, int prefix, int vector, int second, int b, int x) => Emit(
        0x62,
        (byte)(Low(vector, 3) << 7 | x << 6 | b << 5 | Low(vector, 4) << 4 | map),
        (byte)((~second & 15) << 3 | 4 | prefix),
        (byte)(2 << 5 | Low(second, 4) << 3));

    private void Number(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        MemoryMarshal.Write(bytes, value);
        _code.AddRange(bytes);
    }

    private void Emit(params ReadOnlySpan<byte> bytes) => _code.AddRange(bytes);

    private static int Low(int number, int bit) => (~number >> bit) & 1;

    private static byte Rex(int register, int target) => (byte)(0x48 | register >> 3 << 2 | target >> 3);

    private static byte ModRm(int mode, int register, int target) =>
        (byte)(mode << 6 | (register & 7) << 3 | target & 7);
}
