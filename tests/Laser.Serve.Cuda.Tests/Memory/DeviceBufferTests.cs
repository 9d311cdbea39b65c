using Laser.Serve.Cuda.Device;
using Laser.Serve.Cuda.Emulation;
using Laser.Serve.Cuda.Memory;
using Laser.Serve.Cuda.Tests.Emulation;

namespace Laser.Serve.Cuda.Tests.Memory;

[Collection(EmulationGroup.Name)]
public sealed class DeviceBufferTests : IDisposable
{
    private const int Piece = PinnedTransfer.PieceBytes;

    private readonly CudaDevice _device = TestDevice.Open();

    public void Dispose() => _device.Dispose();

    [CudaTheory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4097)]
    [InlineData(Piece - 1)]
    [InlineData(Piece)]
    [InlineData(Piece + 1)]
    [InlineData((2 * Piece) + 5)]
    [InlineData((5 * Piece) + 7)]
    public void Download_WhatWasUploaded_IsTheSame(int bytes)
    {
        byte[] sent = RandomBytes(bytes);
        byte[] received = new byte[bytes];
        using DeviceBuffer buffer = new(_device, bytes, "test");

        buffer.Upload<byte>(sent);
        buffer.Download<byte>(received);

        Assert.Equal(bytes, buffer.ByteCount);
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [CudaFact]
    public void Download_MixedSizesInTurn_AreTheSame()
    {
        int[] sizes = [5, Piece + 3, 1, (2 * Piece) + 1, 100, (3 * Piece) - 1];
        foreach (int size in sizes)
        {
            byte[] sent = RandomBytes(size);
            byte[] received = new byte[size];
            using DeviceBuffer buffer = new(_device, size, "test");

            buffer.Upload<byte>(sent.AsSpan(0, size / 2));
            buffer.Upload<byte>(sent.AsSpan(size / 2), size / 2);
            buffer.Download<byte>(received.AsSpan(0, size / 3));
            buffer.Download<byte>(received.AsSpan(size / 3), size / 3);

            Assert.True(sent.AsSpan().SequenceEqual(received), $"{size} bytes");
        }
    }

    [CudaFact]
    public void Upload_WithOffset_LeavesTheRest()
    {
        using DeviceBuffer buffer = new(_device, 6 * sizeof(int), "test");
        buffer.Clear();

        buffer.Upload<int>([7, 8], offsetBytes: 3 * sizeof(int));

        int[] all = new int[6];
        buffer.Download<int>(all);
        Assert.Equal([0, 0, 0, 7, 8, 0], all);
        int[] two = new int[2];
        buffer.Download<int>(two, offsetBytes: 2 * sizeof(int));
        Assert.Equal([0, 7], two);
    }

    [CudaTheory]
    [InlineData(9, 0)]
    [InlineData(8, 1)]
    [InlineData(0, 9)]
    [InlineData(1, -1)]
    public void UploadAndDownload_OutsideTheBuffer_AreRefused(int bytes, long offset)
    {
        using DeviceBuffer buffer = new(_device, 8, "test");

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Upload<byte>(new byte[bytes], offset));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Download<byte>(new byte[bytes], offset));
    }

    [CudaFact]
    public void Constructor_MoreThanIsFree_TellsBothSizes()
    {
        (long free, long total) = _device.MemoryInfo();

        InsufficientMemoryException exception = Assert.Throws<InsufficientMemoryException>(
            () => new DeviceBuffer(_device, total + 1, "weights"));

        Assert.Equal(
            $"weights: {total + 1} bytes do not fit; {free} of {total} bytes of the device's memory are free.",
            exception.Message);
    }

    [CudaFact]
    public void Constructor_DriverRefusesWhatSeemsToFit_TellsBothSizes()
    {
        // The driver hands out multiples of some size, so that the last bytes are free and cannot be had.
        long total = _device.MemoryInfo().Total;
        EmulatedCuda.SetMemory(total + 1);
        try
        {
            long free = _device.FreeBytes();
            string message = Assert.Throws<InsufficientMemoryException>(() => new DeviceBuffer(_device, free, "test")).Message;

            Assert.StartsWith($"test: {free} bytes do not fit; {free} of {total + 1} ", message);
        }
        finally
        {
            EmulatedCuda.SetMemory(total);
        }
    }

    [CudaFact]
    public void Constructor_NoBytes_HasAnAddress()
    {
        using DeviceBuffer buffer = new(_device, 0, "nothing");
        buffer.Clear();
        buffer.Upload<int>([]);
        buffer.Download<int>([]);

        Assert.NotEqual(0UL, buffer.Address);
    }

    [CudaFact]
    public void Address_Disposed_Throws()
    {
        DeviceBuffer buffer = new(_device, 8, "test");
        buffer.Dispose();
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Address);
    }

    [CudaFact]
    public void Dispose_AfterTheDevice_DoesNothing()
    {
        CudaDevice device = TestDevice.Open();
        DeviceBuffer buffer = new(device, 8, "test");
        PinnedBuffer pinned = new(device, 8);
        device.Dispose();

        buffer.Dispose();
        pinned.Dispose();

        Assert.Throws<ObjectDisposedException>(device.Use);
    }

    [CudaFact]
    public void Upload_SourceChangedBehindIt_HasWhatWasThere()
    {
        byte[] sent = RandomBytes((3 * Piece) + 1);
        byte[] expected = [.. sent];
        byte[] received = new byte[sent.Length];
        using DeviceBuffer buffer = new(_device, sent.Length, "test");

        // The emulated stream does nothing until somebody waits for it.
        buffer.Upload<byte>(sent);
        sent.AsSpan().Clear();

        buffer.Download<byte>(received);
        Assert.True(expected.AsSpan().SequenceEqual(received));
    }

    [CudaFact]
    public void UploadAndDownload_AfterWarmUp_AllocateNothing()
    {
        using DeviceBuffer buffer = new(_device, 100, "test");
        byte[] bytes = new byte[100];
        buffer.Upload<byte>(bytes);
        buffer.Download<byte>(bytes);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            buffer.Upload<byte>(bytes);
            buffer.Download<byte>(bytes);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [CudaFact]
    public unsafe void PinnedBuffer_Pointer_CanBeWritten()
    {
        using PinnedBuffer pinned = new(_device, 1000);
        Span<byte> bytes = new(pinned.Pointer, 1000);
        bytes.Fill(9);

        Assert.Equal(1000, pinned.ByteCount);
        Assert.Equal(9, pinned.Pointer[999]);
    }

    [CudaFact]
    public void Tensor_Address_IsThatOfItsBuffer()
    {
        using CudaTensor tensor = new(_device, 3, 5);

        Assert.Equal((3, 5), (tensor.RowCapacity, tensor.Columns));
        Assert.Equal(3 * 5 * sizeof(float), tensor.Buffer.ByteCount);
        Assert.Equal(tensor.Buffer.Address, tensor.Address);
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
