using Laser.Serve.Hosting;

namespace Laser.Serve.Tests.Hosting;

public class DeviceSettingTests
{
    [Theory]
    [InlineData("auto")]
    [InlineData("cpu")]
    [InlineData("cpu,cpu")]
    [InlineData("cpu, cpu, cpu")]
    [InlineData("cuda")]
    [InlineData("cuda:0,cuda:1")]
    public void FindErrors_KnownDevices_FindsNone(string setting) => Assert.Empty(Errors(setting));

    [Theory]
    [InlineData("tpu", "names 'tpu'; there are: ")]
    [InlineData("cpu,tpu", "names 'tpu'; there are: ")]
    [InlineData("cpu,", "names ''; there are: ")]
    [InlineData("auto,auto", "names 'auto' 2 times")]
    [InlineData("cuda:x", "names 'cuda:x'; there are: ")]
    [InlineData("cuda:0,cuda:1,cuda:0", "names 'cuda:0' 2 times")]
    [InlineData("cuda,cuda:0", "names 'cuda:0' 2 times")]
    [InlineData("cpu,cuda:0", "must be of one kind")]
    [InlineData("auto,cpu", "must be of one kind")]
    public void FindErrors_SomethingElse_SaysWhat(string setting, string expected) =>
        Assert.Contains(Errors(setting), error => error.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void PerDevice_One_IsTheSame()
    {
        var options = new ModelOptions { Device = "cpu", Threads = 3, Weights = "int8" };

        ModelOptions one = Assert.Single(options.PerDevice());

        Assert.Equal(("cpu", 3, "int8"), (one.Device, one.Threads, one.Weights));
        Assert.Null(Assert.Single(new ModelOptions().PerDevice()).Threads);
    }

    [Fact]
    public void PerDevice_Several_DividesTheProcessorsUnlessToldOtherwise()
    {
        int share = Math.Max(1, Environment.ProcessorCount / 2);

        Assert.Equal([share, share], new ModelOptions { Device = "cpu,cpu" }.PerDevice().Select(one => one.Threads!.Value));
        Assert.Equal([3, 3], new ModelOptions { Device = "cpu,cpu", Threads = 3 }.PerDevice().Select(one => one.Threads!.Value));
    }

    private static List<string> Errors(string setting)
    {
        List<string> errors = [];
        DeviceSetting.FindErrors(errors, "Laser:Model:Device", setting);
        return errors;
    }
}
