namespace Laser.Serve.Model.Loading;

/// <summary>How far loading a model has come.</summary>
/// <param name="Phase">What it is busy with; each phase goes over all weights.</param>
/// <param name="BytesDone">Bytes of the checkpoint dealt with in this phase.</param>
/// <param name="BytesTotal">Bytes of the checkpoint.</param>
public readonly record struct LoadProgress(LoadPhase Phase, long BytesDone, long BytesTotal);
