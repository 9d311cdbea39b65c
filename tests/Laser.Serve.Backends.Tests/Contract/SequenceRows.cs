namespace Laser.Serve.Backends.Tests.Contract;

/// <summary>One sequence's part of a step.</summary>
/// <param name="Qkv">Its new rows, <c>q | k | v</c>.</param>
/// <param name="Start">Position of the first of them.</param>
/// <param name="BlockTable">Its blocks.</param>
/// <param name="OpenSlot">Its slot.</param>
internal sealed record SequenceRows(float[] Qkv, int Start, int[] BlockTable, int OpenSlot);
