using System.Text;

namespace Laser.Serve.OpenAi;

/// <summary>
/// The name of a request in logs, traces and answers: the caller's header <c>X-Request-Id</c>, or a new one.
/// </summary>
internal static class RequestName
{
    /// <summary>Header of request and answer.</summary>
    public const string Header = "x-request-id";

    // The native limit is 128; the number of a prompt may follow.
    private const int MaxLength = 120;

    /// <exception cref="OpenAiException">400 if the header is not such a name.</exception>
    public static string Of(HttpRequest request)
    {
        string given = request.Headers[Header].ToString();
        if (given.Length == 0)
        {
            return Guid.NewGuid().ToString("n");
        }

        return given.Length <= MaxLength && Ascii.IsValid(given) && !given.Any(char.IsControl)
            ? given
            : throw OpenAiException.BadRequest(
                Header, "invalid_value", $"{Header} must be at most {MaxLength} printable ASCII characters.");
    }
}
