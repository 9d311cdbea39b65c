using Google.Rpc;
using Grpc.Core;
using Laser.Serve.Compatibility;
using Laser.Serve.Errors;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace Laser.Serve.Tests.Compatibility;

public class FieldNamesTests
{
    [Theory]
    [InlineData("max_tokens", "parameters[max_tokens]")]
    [InlineData("stop.strings[2]", "inputs[stop_words][2]")]
    [InlineData("stop.min_tokens", "other.min_tokens")]
    [InlineData("unknown.field", "unknown.field")]
    [InlineData("max_tokens_of_all", "max_tokens_of_all")]
    public void Translate_Path_TakesTheLongestNameThereIs(string native, string expected) =>
        Assert.Equal(expected, Names().Translate(native));

    [Fact]
    public void TranslateText_Sentence_LeavesEnglishWordsAlone() => Assert.Equal(
        "is 3; stop at most parameters[max_tokens], or inputs[stop_words], in 1.5 s",
        Names().TranslateText("is 3; stop at most max_tokens, or stop.strings, in 1.5 s"));

    [Fact]
    public void Translate_FieldError_NamesTheCallersFieldInMessageAndViolation()
    {
        RpcException error = TranslatedErrors.Translate(
            RpcErrors.InvalidArgument("stop.strings[1]", "is longer than max_tokens"), Names());

        Assert.Equal("inputs[stop_words][1] is longer than parameters[max_tokens].", error.Status.Detail);
        RpcStatus details = RpcErrors.Details(error)!;
        Assert.Equal(error.Status.Detail, details.Message);
        Assert.Equal("INVALID_FIELD", details.Details[0].Unpack<ErrorInfo>().Reason);
        BadRequest.Types.FieldViolation violation = details.Details[1].Unpack<BadRequest>().FieldViolations.Single();
        Assert.Equal("inputs[stop_words][1]", violation.Field);
        Assert.Equal("is longer than parameters[max_tokens]", violation.Description);
    }

    [Fact]
    public void Translate_AnotherError_IsTheSame()
    {
        RpcException overloaded = RpcErrors.ResourceExhausted("QUEUE_FULL", "max_tokens", TimeSpan.FromSeconds(1));
        var plain = new RpcException(new Status(StatusCode.Internal, "max_tokens"));

        Assert.Same(overloaded, TranslatedErrors.Translate(overloaded, Names()));
        Assert.Same(plain, TranslatedErrors.Translate(plain, Names()));
    }

    private static FieldNames Names()
    {
        var names = new FieldNames();
        names.Add("max_tokens", "parameters[max_tokens]");
        names.Add("stop", "other");
        names.Add("stop.strings", "inputs[stop_words]");
        return names;
    }
}
