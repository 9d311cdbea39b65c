using System.CommandLine;
using Laser.Serve.Cuda;

namespace Laser.Serve.DeviceCheck;

/// <summary><c>device</c>: one line on driver, compiler and device; exit code 3 where one of them is missing.</summary>
internal static class DeviceCommand
{
    private const int NotThere = 3;

    public static Command Create()
    {
        var command = new Command("device", "Says what CUDA device there is.");
        command.SetAction(_ => Describe());
        return command;
    }

    private static int Describe()
    {
        if (!CudaBackend.IsAvailable(out string reason))
        {
            Console.WriteLine(reason);
            return NotThere;
        }

        using var backend = new CudaBackend(new CudaOptions());
        Console.WriteLine(backend.Description);
        return 0;
    }
}
