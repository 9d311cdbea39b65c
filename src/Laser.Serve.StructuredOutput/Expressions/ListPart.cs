namespace Laser.Serve.StructuredOutput.Expressions;

/// <summary>Items of one kind in a list; <paramref name="Most"/> null: any number of them.</summary>
internal readonly record struct ListPart(Expression Item, int Least, int? Most);
