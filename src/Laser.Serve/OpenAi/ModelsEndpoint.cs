using Grpc.Core;
using Laser.Serve.Hosting;

namespace Laser.Serve.OpenAi;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>.</summary>
internal sealed class ModelsEndpoint(ModelState state, TimeProvider time)
{
    private const string Owner = "laser.serve";

    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>All that is served: nothing while it loads.</summary>
    public Task ListAsync(HttpContext context)
    {
        ModelList list = new(state.IsReady ? [Describe(state.Loaded.Result)] : []);
        return JsonAnswer.WriteAsync(context, list, OpenAiJson.Default.ModelList);
    }

    /// <summary>One, by name.</summary>
    public Task GetAsync(HttpContext context)
    {
        // A slash within a name is written %2F, and a route leaves that as it is.
        string written = context.GetRouteValue("id") as string ?? "";
        string id = written.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        try
        {
            return JsonAnswer.WriteAsync(context, Describe(state.Require(id)), OpenAiJson.Default.ModelEntry);
        }
        catch (RpcException e)
        {
            throw RpcErrorTranslation.Translate(e, new ParameterNames("prompt", null));
        }
    }

    private ModelEntry Describe(ServedModel model) => new(model.Name, _created, Owner, model.ContextLength);
}
