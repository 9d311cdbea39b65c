using Laser.Serve.Hosting;

namespace Laser.Serve.OpenAi;

/// <summary>
/// The part of OpenAI's HTTP API that fits a model which continues texts, on the HTTP port and nowhere else:
/// <c>POST /v1/completions</c>, <c>GET /v1/models</c>. Besides them <c>GET /v1/load</c>, for whoever watches.
/// </summary>
internal static class OpenAiEndpoints
{
    private const string Completions = "/v1/completions";
    private const string Models = "/v1/models";
    private const string Load = "/v1/load";

    /// <summary>Maps the routes.</summary>
    public static void MapOpenAi(this WebApplication app)
    {
        var completions = new CompletionsEndpoint(
            app.Services.GetRequiredService<Services.Generator>(),
            app.Services.GetRequiredService<ModelState>(),
            app.Services.GetRequiredService<ServerOptions>(),
            app.Services.GetRequiredService<TimeProvider>());
        var models = new ModelsEndpoint(
            app.Services.GetRequiredService<ModelState>(), app.Services.GetRequiredService<TimeProvider>());
        RouteGroupBuilder routes = app.MapOperationsGroup();
        Map(routes.MapPost, app.Logger, Completions, completions.AnswerAsync);
        Map(routes.MapGet, app.Logger, Models, models.ListAsync);
        Map(routes.MapGet, app.Logger, Models + "/{**id}", models.GetAsync);
        Map(routes.MapGet, app.Logger, Load, LoadAsync);
        Map(routes.Map, app.Logger, "/v1/{**rest}", RefuseAsync);
    }

    private static void Map(
        Func<string, RequestDelegate, IEndpointConventionBuilder> map,
        ILogger logger,
        string pattern,
        RequestDelegate answer) =>
        map(pattern, context => OpenAiErrors.AnswerAsync(context, answer, logger));

    private static Task LoadAsync(HttpContext context) => JsonAnswer.WriteAsync(
        context,
        ServerLoadReport.From(
            context.RequestServices.GetRequiredService<ModelState>(),
            context.RequestServices.GetRequiredService<ServerOptions>()),
        OpenAiJson.Default.ServerLoadReport);

    // What is asked for is not here, or not with this method.
    private static Task RefuseAsync(HttpContext context)
    {
        PathString path = context.Request.Path;
        string method = context.Request.Method;
        if (path == Completions || path == Load || path.StartsWithSegments(Models))
        {
            string allowed = path == Completions ? HttpMethods.Post : HttpMethods.Get;
            context.Response.Headers.Allow = allowed;
            throw OpenAiException.Refuse(
                StatusCodes.Status405MethodNotAllowed,
                null,
                "method_not_allowed",
                $"{path} takes {allowed}, not {method}.");
        }

        throw OpenAiException.Refuse(
            StatusCodes.Status404NotFound,
            null,
            "unknown_url",
            $"There is no {path}. This server has {Completions}, {Models} and {Load}.");
    }
}
