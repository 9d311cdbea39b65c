using Grpc.Core;
using Laser.Serve.Errors;
using Laser.Serve.OpenAi;

namespace Laser.Serve.Tests.OpenAi;

public class RpcErrorTranslationTests
{
    private static readonly ParameterNames Names = new("prompt", "guided_regex");

    [Theory]
    [InlineData(StatusCode.InvalidArgument, 400, "invalid_request_error")]
    [InlineData(StatusCode.FailedPrecondition, 400, "invalid_request_error")]
    [InlineData(StatusCode.OutOfRange, 400, "invalid_request_error")]
    [InlineData(StatusCode.Unauthenticated, 401, "authentication_error")]
    [InlineData(StatusCode.PermissionDenied, 403, "permission_error")]
    [InlineData(StatusCode.NotFound, 404, "invalid_request_error")]
    [InlineData(StatusCode.AlreadyExists, 409, "conflict_error")]
    [InlineData(StatusCode.Aborted, 503, "service_unavailable_error")]
    [InlineData(StatusCode.ResourceExhausted, 429, "rate_limit_error")]
    [InlineData(StatusCode.Cancelled, 499, "cancelled_error")]
    [InlineData(StatusCode.Unimplemented, 501, "server_error")]
    [InlineData(StatusCode.Unavailable, 503, "service_unavailable_error")]
    [InlineData(StatusCode.DeadlineExceeded, 504, "timeout_error")]
    [InlineData(StatusCode.Internal, 500, "server_error")]
    [InlineData(StatusCode.DataLoss, 500, "server_error")]
    [InlineData(StatusCode.Unknown, 500, "server_error")]
    public void Translate_Status_HasItsTwin(StatusCode code, int status, string type)
    {
        OpenAiException e = RpcErrorTranslation.Translate(RpcErrors.Create(code, "SOME_REASON", "A sentence."), Names);

        Assert.Equal(status, e.Status);
        Assert.Equal(new OpenAiError("A sentence.", type, null, "some_reason"), e.Error);
        Assert.Null(e.RetryAfter);
    }

    [Fact]
    public void Translate_Field_IsNamedAsTheCallerDoes()
    {
        RpcException native = RpcErrors.InvalidArgument("sampling.top_p", "is 2; it must be above 0 and at most 1");

        OpenAiException e = RpcErrorTranslation.Translate(native, Names);

        Assert.Equal("top_p is 2; it must be above 0 and at most 1.", e.Error.Message);
        Assert.Equal(("top_p", "invalid_value"), (e.Error.Param, e.Error.Code));
    }

    [Fact]
    public void Translate_RetryInfo_IsRetryAfter()
    {
        RpcException native = RpcErrors.Unavailable("LOADING", "The model is still loading.", TimeSpan.FromSeconds(5));

        Assert.Equal(TimeSpan.FromSeconds(5), RpcErrorTranslation.Translate(native, Names).RetryAfter);
    }

    [Fact]
    public void Translate_Model_HasOpenAisCode()
    {
        OpenAiException e = RpcErrorTranslation.Translate(RpcErrors.NotFound("model", "m", "No m."), Names);

        Assert.Equal(("model", "model_not_found"), (e.Error.Param, e.Error.Code));
    }

    [Fact]
    public void Translate_WithoutDetails_StillTells()
    {
        OpenAiException e = RpcErrorTranslation.Translate(
            new RpcException(new Status(StatusCode.PermissionDenied, "Not you.")), Names);

        Assert.Equal((403, "Not you.", "permissiondenied"), (e.Status, e.Error.Message, e.Error.Code));
    }

    [Theory]
    [InlineData("max_tokens", "max_tokens")]
    [InlineData("n", "n")]
    [InlineData("sampling.temperature", "temperature")]
    [InlineData("sampling.logit_bias", "logit_bias")]
    [InlineData("sampling.allowed_token_ids[3]", "allowed_token_ids[3]")]
    [InlineData("stop.strings", "stop")]
    [InlineData("stop.strings[1]", "stop[1]")]
    [InlineData("stop.token_ids", "stop_token_ids")]
    [InlineData("stop.token_ids[2]", "stop_token_ids[2]")]
    [InlineData("stop.include_stop", "include_stop_str_in_output")]
    [InlineData("stop.min_tokens", "min_tokens")]
    [InlineData("output.logprobs", "logprobs")]
    [InlineData("output.prompt_logprobs", "logprobs")]
    [InlineData("constraint.regex", "guided_regex")]
    [InlineData("constraint", "guided_regex")]
    [InlineData("cache.salt", "cache_salt")]
    [InlineData("truncate_prompt_tokens", "truncate_prompt_tokens")]
    [InlineData("prompt", "prompt")]
    [InlineData("input", "prompt")]
    [InlineData("prompt_token_ids", "prompt")]
    [InlineData("prompt_token_ids.ids[4]", "prompt[4]")]
    public void ParameterName_OfAField_IsTheCallers(string field, string parameter) =>
        Assert.Equal(parameter, Names.Of(field));

    [Theory]
    [InlineData("prompt", "prompt[1]")]
    [InlineData("prompt_token_ids.ids[4]", "prompt[1][4]")]
    public void ParameterName_OneOfSeveralPrompts_SaysWhich(string field, string parameter) =>
        Assert.Equal(parameter, new ParameterNames("prompt[1]", null).Of(field));
}
