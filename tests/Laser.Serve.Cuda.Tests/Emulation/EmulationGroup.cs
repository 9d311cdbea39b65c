namespace Laser.Serve.Cuda.Tests.Emulation;

/// <summary>Tests that set schedules, break devices or count what is alive: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class EmulationGroup
{
    public const string Name = "Emulation";
}
