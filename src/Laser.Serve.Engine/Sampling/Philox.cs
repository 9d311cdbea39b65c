namespace Laser.Serve.Engine.Sampling;

/// <summary>Four random words: a counter or a result of <see cref="Philox"/>.</summary>
internal readonly record struct PhiloxBlock(uint W0, uint W1, uint W2, uint W3);

/// <summary>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a random function of key and
/// counter. It has no state, so a token's random number depends on the request and the position alone and not on what
/// else was sampled before it.
/// </summary>
internal static class Philox
{
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    /// <param name="seed">Seed of the request.</param>
    /// <param name="choice">Which of the request's sequences.</param>
    /// <param name="position">Position of the token in its sequence.</param>
    public static double Uniform(ulong seed, int choice, int position)
    {
        PhiloxBlock block = Generate(seed, new PhiloxBlock((uint)position, (uint)choice, 0, 0));
        ulong bits = ((ulong)block.W0 << 32) | block.W1;
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>The random block of a counter.</summary>
    /// <param name="key">Low word first.</param>
    /// <param name="counter">Any.</param>
    public static PhiloxBlock Generate(ulong key, PhiloxBlock counter)
    {
        (uint key0, uint key1) = ((uint)key, (uint)(key >> 32));
        (uint w0, uint w1, uint w2, uint w3) = counter;
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * w0;
            ulong product1 = (ulong)Multiplier1 * w2;
            (w0, w1, w2, w3) = (
                (uint)(product1 >> 32) ^ w1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ w3 ^ key1, (uint)product0);
            key0 = unchecked(key0 + Weyl0);
            key1 = unchecked(key1 + Weyl1);
        }

        return new PhiloxBlock(w0, w1, w2, w3);
    }
}
