namespace Laser.Serve.Model.Loading;

/// <summary>What loading a model is busy with.</summary>
public enum LoadPhase
{
    /// <summary>Looking for NaN and infinity in the weights.</summary>
    Verifying,

    /// <summary>Bringing the weights to the device.</summary>
    Loading,
}
