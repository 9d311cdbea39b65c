namespace Laser.Serve.Tokenization.AddedTokens;

/// <summary>A token that is found in the text before the model sees it.</summary>
internal sealed record AddedToken
{
    public required int Id { get; init; }

    public required string Content { get; init; }

    /// <summary>Not part of the text: left out when it is decoded.</summary>
    public required bool Special { get; init; }

    /// <summary>Only where no word character touches it.</summary>
    public required bool SingleWord { get; init; }

    /// <summary>Takes the white space before it along.</summary>
    public required bool StripsLeft { get; init; }

    /// <summary>Takes the white space after it along.</summary>
    public required bool StripsRight { get; init; }

    /// <summary>Looked for in the normalized text, in its own normalized form.</summary>
    public required bool Normalized { get; init; }
}
