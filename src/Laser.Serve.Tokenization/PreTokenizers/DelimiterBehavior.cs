namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>What becomes of the delimiters that a text is cut at. The examples cut <c>a--b</c> at <c>-</c>.</summary>
internal enum DelimiterBehavior
{
    /// <summary><c>a b</c></summary>
    Removed,

    /// <summary><c>a - - b</c></summary>
    Isolated,

    /// <summary><c>a- - b</c></summary>
    MergedWithPrevious,

    /// <summary><c>a - -b</c></summary>
    MergedWithNext,

    /// <summary><c>a -- b</c></summary>
    Contiguous,
}
