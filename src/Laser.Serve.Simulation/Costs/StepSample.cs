namespace Laser.Serve.Simulation.Costs;

/// <summary>A step that was measured.</summary>
/// <param name="Shape">What was in it.</param>
/// <param name="Seconds">How long it took; above zero.</param>
public readonly record struct StepSample(StepShape Shape, double Seconds);
