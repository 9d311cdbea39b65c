namespace Laser.Serve.StructuredOutput;

/// <summary>A place in a constraint, for messages.</summary>
internal sealed class SpecPlace
{
    private readonly SpecPlace? _outer;
    private readonly string _kind;
    private readonly string _own;

    private SpecPlace(SpecPlace? outer, string kind, string own)
    {
        _outer = outer;
        _kind = kind;
        _own = own;
    }

    public static SpecPlace Choice { get; } = new(null, "choice", "");

    public static SpecPlace Regex { get; } = new(null, "regex", "");

    public static SpecPlace JsonSchema { get; } = new(null, "json_schema", "#");

    public static SpecPlace Of(ConstraintKind kind) => kind switch
    {
        ConstraintKind.Choice => Choice,
        ConstraintKind.Regex => Regex,
        _ => JsonSchema,
    };

    /// <summary>A property or item below this place of a schema.</summary>
    public SpecPlace Below(string name)
    {
        return new SpecPlace(this, _kind, "/" + name.Replace("~", "~0").Replace("/", "~1"));
    }

    /// <summary>A character of the pattern that is here.</summary>
    public SpecPlace Offset(int offset)
    {
        string separator = _own.Length == 0 ? "" : ": ";
        return new SpecPlace(this, _kind, $"{separator}offset {offset}");
    }

    /// <summary>One of the texts of a choice.</summary>
    public SpecPlace Text(int index) => new(this, _kind, $"text {index}");

    public ConstraintException Error(string problem) => new(_kind, ToString(), problem);

    public override string ToString() => _outer + _own;
}
