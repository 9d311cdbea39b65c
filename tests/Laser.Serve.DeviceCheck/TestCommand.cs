using System.CommandLine;
using System.Reflection;

namespace Laser.Serve.DeviceCheck;

/// <summary>
/// <c>test ASSEMBLY...</c>: prints the tests that failed and a line <c>passed N, failed N, skipped N in S s</c>. Exit code 0 where
/// some ran and none failed.
/// </summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var assemblies = new Argument<string[]>("assembly")
        {
            Description = "Name of a test assembly beside this program.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string[]> names = Words("--name", "Runs only tests whose full name has all of these in it.");
        Option<string[]> arguments = Words("--argument", "Runs only tests whose arguments have all of these in them.");
        Option<string[]> without = Words("--without", "Leaves out tests whose name and arguments have one of these in it.");
        var serial = new Option<bool>("--serial") { Description = "One test at a time." };
        var log = new Option<FileInfo?>("--log") { Description = "File for a line when a test begins and when it ends." };
        var command = new Command("test", "Runs tests.") { assemblies, names, arguments, without, serial, log };
        command.SetAction(result =>
        {
            var filter = new NameFilter(
                result.GetRequiredValue(names), result.GetRequiredValue(arguments), result.GetRequiredValue(without));
            using StreamWriter? lines = result.GetValue(log) is { } file ? new StreamWriter(file.FullName) { AutoFlush = true } : null;
            var report = new TestReport(Console.Out, lines);
            foreach (string name in result.GetRequiredValue(assemblies))
            {
                new TestRun(Assembly.Load(name), filter, result.GetValue(serial)).Execute(report);
            }

            report.WriteSummary();
            return report.IsGood ? 0 : 1;
        });
        return command;
    }

    private static Option<string[]> Words(string name, string description) => new(name)
    {
        Description = $"{description} May be repeated.",
        DefaultValueFactory = _ => [],
    };
}
