namespace Laser.Serve.Cuda.Tests.Emulation;

/// <summary>Codes of the driver that tests expect.</summary>
internal static class DriverCodes
{
    public const int Success = 0;
    public const int InvalidValue = 1;
    public const int OutOfMemory = 2;
    public const int InvalidImage = 200;
    public const int InvalidContext = 201;
    public const int InvalidHandle = 400;
    public const int NotFound = 500;
    public const int NotReady = 600;
    public const int IllegalAddress = 700;
    public const int ContextIsDestroyed = 709;
    public const int MisalignedAddress = 716;
    public const int LaunchFailed = 719;
    public const int CaptureUnsupported = 900;
    public const int CaptureInvalidated = 901;
}
