using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Interop;

namespace Laser.Serve.Cuda.Memory;

/// <summary>
/// Copies between ordinary host memory and the device through two page-locked pieces in turn: while the device copies
/// one, the host fills or empties the other. Copies run on the device's stream, behind what is on it already.
/// </summary>
internal sealed unsafe class PinnedTransfer : IDisposable
{
    /// <summary>Bytes of a piece: large enough for the full rate of the bus, small enough to have two for good.</summary>
    public const int PieceBytes = 4 << 20;

    private readonly CudaDevice _device;
    private readonly PinnedBuffer _memory;
    private readonly CudaEvent[] _copied;
    private int _turn;

    /// <summary>Takes the two pieces.</summary>
    public PinnedTransfer(CudaDevice device)
    {
        _device = device;
        _memory = new PinnedBuffer(device, 2L * PieceBytes);
        _copied = [new CudaEvent(), new CudaEvent()];
    }

    /// <summary>
    /// Copies to the device. <paramref name="source"/> may change as soon as this returns; the device may be behind.
    /// </summary>
    public void Upload(byte* source, long bytes, ulong target)
    {
        _device.Use();
        for (long done = 0; done < bytes; done += PieceBytes)
        {
            long length = Math.Min(bytes - done, PieceBytes);
            int turn = NextTurn();
            _copied[turn].Synchronize();
            Buffer.MemoryCopy(source + done, Piece(turn), PieceBytes, length);
            CudaStatus.Check(
                Driver.cuMemcpyHtoDAsync_v2(target + (ulong)done, Piece(turn), (nuint)length, _device.Stream.Handle));
            _copied[turn].Record(_device.Stream);
        }
    }

    /// <summary>Copies to the host, after everything that is on the stream; the data is there when this returns.</summary>
    public void Download(ulong source, long bytes, byte* target)
    {
        _device.Use();
        int first = _turn;
        long pieces = (bytes + PieceBytes - 1) / PieceBytes;
        long asked = 0;
        for (long piece = 0; piece < pieces; piece++)
        {
            // One piece ahead of the one that is emptied below.
            for (; asked < Math.Min(piece + 2, pieces); asked++)
            {
                Ask(source + (ulong)(asked * PieceBytes), Math.Min(bytes - (asked * PieceBytes), PieceBytes));
            }

            int turn = (int)((first + piece) % 2);
            long done = piece * PieceBytes;
            long length = Math.Min(bytes - done, PieceBytes);
            _copied[turn].Synchronize();
            Buffer.MemoryCopy(Piece(turn), target + done, length, length);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (CudaEvent copied in _copied)
        {
            copied.Dispose();
        }

        _memory.Dispose();
    }

    private void Ask(ulong source, long length)
    {
        int turn = NextTurn();
        CudaStatus.Check(Driver.cuMemcpyDtoHAsync_v2(Piece(turn), source, (nuint)length, _device.Stream.Handle));
        _copied[turn].Record(_device.Stream);
    }

    private int NextTurn()
    {
        int turn = _turn;
        _turn = 1 - turn;
        return turn;
    }

    private byte* Piece(int turn) => _memory.Pointer + ((long)turn * PieceBytes);
}
