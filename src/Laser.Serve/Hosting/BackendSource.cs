using Laser.Serve.Compute;

namespace Laser.Serve.Hosting;

/// <summary>Makes the backend that options ask for: <see cref="BackendFactory"/>, or what a test puts around it.</summary>
/// <param name="options">Device and what is asked of it.</param>
/// <param name="checkpoint">Folder of the checkpoint.</param>
internal delegate IBackend BackendSource(ModelOptions options, string checkpoint);
