using System.Runtime.InteropServices;

namespace Laser.Serve.Cuda.Tests.Emulation;

/// <summary>CUlaunchConfig.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LaunchConfig
{
    public uint GridX;
    public uint GridY;
    public uint GridZ;
    public uint BlockX;
    public uint BlockY;
    public uint BlockZ;
    public uint SharedBytes;
    public nint Stream;
    public int* Attributes; // of 72 bytes each: the number, 4 bytes, the value
    public uint AttributeCount;
}
