namespace Laser.Serve.Engine.Cache;

/// <summary>
/// A place in a chain of cached blocks: behind the entry with that number, or, with number 0, before the first block of
/// all prefixes with one salt.
/// </summary>
/// <param name="Number">Number of the entry before; 0 for none.</param>
/// <param name="Salt">The salt of all prefixes of the chain.</param>
internal readonly record struct PrefixChain(long Number, string Salt);
