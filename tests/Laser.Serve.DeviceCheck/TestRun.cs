using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Laser.Serve.DeviceCheck;

/// <summary>The tests of an assembly that pass a filter, run in this process by xunit's own framework.</summary>
internal sealed class TestRun(Assembly assembly, NameFilter filter, bool serial)
{
    private readonly TestOptions _options = new(serial);

    /// <summary>Runs them all and tells the report.</summary>
    public void Execute(TestReport report)
    {
        using var framework = new XunitTestFramework(new MessageSink(_ => { }));
        List<ITestCase> cases = Find(framework);
        using ITestFrameworkExecutor executor = framework.GetExecutor(assembly.GetName());
        using var finished = new ManualResetEventSlim();
        executor.RunTests(
            cases,
            new MessageSink(message =>
            {
                report.Add(message);
                if (message is ITestAssemblyFinished)
                {
                    finished.Set();
                }
            }),
            _options);
        finished.Wait();
    }

    private List<ITestCase> Find(XunitTestFramework framework)
    {
        List<ITestCase> cases = [];
        using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(Reflector.Wrap(assembly));
        using var finished = new ManualResetEventSlim();
        discoverer.Find(
            includeSourceInformation: false,
            new MessageSink(message =>
            {
                if (message is ITestCaseDiscoveryMessage { TestCase: ITestCase found } && filter.Passes(found))
                {
                    cases.Add(found);
                }

                if (message is IDiscoveryCompleteMessage)
                {
                    finished.Set();
                }
            }),
            _options);
        finished.Wait();
        return cases;
    }
}
