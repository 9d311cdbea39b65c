namespace Laser.Cli.Commands;

/// <summary>
/// A table for people that is Markdown as well. Rows are written as soon as they are there, so widths are those of the
/// headings.
/// </summary>
/// <typeparam name="T">What a row is about.</typeparam>
/// <param name="writer">Where it goes.</param>
/// <param name="columns">The columns: a heading, and the text of a row.</param>
internal sealed class ResultTable<T>(TextWriter writer, params (string Name, Func<T, string> Value)[] columns)
{
    private bool _hasHeading;

    public void Add(T row)
    {
        if (!_hasHeading)
        {
            _hasHeading = true;
            writer.WriteLine($"| {string.Join(" | ", columns.Select(column => column.Name))} |");
            IEnumerable<string> rulers = columns.Select(column => new string('-', column.Name.Length + 1));
            writer.WriteLine($"|{string.Join(":|", rulers)}:|");
        }

        IEnumerable<string> cells = columns.Select(column => column.Value(row).PadLeft(column.Name.Length));
        writer.WriteLine($"| {string.Join(" | ", cells)} |");
        writer.Flush();
    }
}
