using Grpc.AspNetCore.Server;
using Laser.Grpc.AspNetCore.Binding;
using Laser.Grpc.Tests.Hosting;

namespace Laser.Grpc.Tests.Registration;

public sealed class MethodSettingsTests
{
    [Fact]
    public void Combine_ServiceOptions_GoBeforeThoseOfAll()
    {
        var all = new GrpcServiceOptions
        {
            MaxReceiveMessageSize = 10,
            MaxSendMessageSize = 20,
            EnableDetailedErrors = true,
        };
        var service = new GrpcServiceOptions<EchoService>
        {
            MaxReceiveMessageSize = null,
            EnableDetailedErrors = false,
        };

        MethodSettings settings = MethodSettings.Combine(all, service);

        Assert.Null(settings.MaxReceiveMessageSize);
        Assert.Equal(20, settings.MaxSendMessageSize);
        Assert.False(settings.EnableDetailedErrors);
    }

    [Fact]
    public void Combine_NothingSet_LimitsWhatIsReceived()
    {
        MethodSettings settings = MethodSettings.Combine(new GrpcServiceOptions(), new GrpcServiceOptions());

        Assert.Equal(4 * 1024 * 1024, settings.MaxReceiveMessageSize);
        Assert.Null(settings.MaxSendMessageSize);
        Assert.False(settings.EnableDetailedErrors);
    }
}
