namespace Laser.Serve.Compute;

/// <summary>
/// The device can do nothing any more for this process's context: all that was on it is lost, and every further operation
/// of the backend that had it fails. A new backend may find the device well again.
/// </summary>
public sealed class DeviceLostException(string message, Exception? inner = null) : Exception(message, inner);
