namespace Laser.Serve.StructuredOutput;

/// <summary>The languages in which a client can say what a text must look like.</summary>
internal enum ConstraintKind
{
    /// <summary>A list of texts.</summary>
    Choice,

    /// <summary>A regular expression.</summary>
    Regex,

    /// <summary>A JSON Schema.</summary>
    JsonSchema,
}
