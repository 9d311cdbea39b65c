using Laser.Serve.Engine.Requests;

namespace Laser.Serve.Engine.Tests.Schedules;

/// <summary>Requests, and what each gets when nothing is beside it.</summary>
internal sealed class AnswersAlone(GenerationRequest[] requests, Func<GenerationRequest, int[]> run)
{
    private readonly Dictionary<string, int[]> _answers = requests.ToDictionary(request => request.Id, run);

    public IReadOnlyList<GenerationRequest> Requests => requests;

    public int[] To(GenerationRequest request) => _answers[request.Id];
}
