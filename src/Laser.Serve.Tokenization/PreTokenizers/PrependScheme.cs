namespace Laser.Serve.Tokenization.PreTokenizers;

/// <summary>Before which pieces <see cref="MetaspacePreTokenizer"/> puts a space.</summary>
internal enum PrependScheme
{
    /// <summary>Before every one.</summary>
    Always,

    /// <summary>Before the one that begins the text.</summary>
    First,

    /// <summary>Before none.</summary>
    Never,
}
