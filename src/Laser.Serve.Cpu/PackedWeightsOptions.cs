namespace Laser.Serve.Cpu;

/// <summary>Where packed weights are kept from one start to the next.</summary>
/// <param name="Folder">A folder; it is made if it is missing.</param>
/// <param name="Checkpoint">
/// What tells the checkpoint from any other, in letters and digits: part of the file's name, and written in it.
/// </param>
/// <param name="Verify">Whether what is mapped is compared to its hashes first, which reads all of it.</param>
public sealed record PackedWeightsOptions(string Folder, string Checkpoint, bool Verify = false);
