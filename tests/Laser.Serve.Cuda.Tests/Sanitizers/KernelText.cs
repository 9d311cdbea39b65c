using System.Text;
using System.Text.RegularExpressions;
using Laser.Serve.Cuda.Compilation;

namespace Laser.Serve.Cuda.Tests.Sanitizers;

/// <summary>Device code as one text that needs no other file.</summary>
internal static partial class KernelText
{
    /// <summary>Definitions, then headers in the order they need one another, then sources.</summary>
    public static string Of(ReadOnlySpan<string> sources, ReadOnlySpan<string> defines)
    {
        var text = new StringBuilder();
        foreach (string define in defines)
        {
            text.Append("#define ").AppendLine(define.Replace('=', ' '));
        }

        HashSet<string> written = [];
        foreach (string source in sources)
        {
            Write(KernelSources.Embedded.Program(source, "sm_80", []), source, written, text);
        }

        return text.ToString();
    }

    private static void Write(KernelProgram program, string name, HashSet<string> written, StringBuilder text)
    {
        if (!written.Add(name))
        {
            return;
        }

        int header = Array.IndexOf(program.HeaderNames, name);
        string own = header < 0 ? program.Text : program.HeaderTexts[header];
        foreach (Match include in Include().Matches(own))
        {
            Write(program, include.Groups[1].Value, written, text);
        }

        text.AppendLine(Include().Replace(own, "").Replace("#pragma once", "", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^#include ""([^""]+)""", RegexOptions.Multiline)]
    private static partial Regex Include();
}
