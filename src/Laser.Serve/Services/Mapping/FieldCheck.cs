using Google.Protobuf.Collections;
using Grpc.Core;
using Laser.Serve.Errors;

namespace Laser.Serve.Services.Mapping;

/// <summary>Checks of one field; what is wrong becomes INVALID_ARGUMENT naming it.</summary>
internal static class FieldCheck
{
    /// <summary>The value, if it is in a closed range.</summary>
    public static float InRange(string field, float value, float least, float most) =>
        value >= least && value <= most ? value : throw Invalid(field, $"is {value}; it must be {least} to {most}");

    /// <summary>The value, if it is above zero and at most <paramref name="most"/>.</summary>
    public static float Positive(string field, float value, float most) =>
        value > 0 && value <= most ? value : throw Invalid(field, $"is {value}; it must be above 0 and at most {most}");

    /// <summary>The value, if it is in a closed range.</summary>
    public static int InRange(string field, long value, int least, int most) => value >= least && value <= most
        ? (int)value
        : throw Invalid(field, $"is {value}; it must be {least} to {most}");

    /// <summary>Refuses more than <paramref name="most"/> entries.</summary>
    public static void Count(string field, int count, int most)
    {
        if (count > most)
        {
            throw Invalid(field, $"has {count} entries; {most} are allowed");
        }
    }

    /// <summary>Token ids, if the model has all of them.</summary>
    public static int[] TokenIds(string field, RepeatedField<uint> ids, int vocabularySize)
    {
        var checkedIds = new int[ids.Count];
        for (int i = 0; i < checkedIds.Length; i++)
        {
            checkedIds[i] = TokenId($"{field}[{i}]", ids[i], vocabularySize);
        }

        return checkedIds;
    }

    /// <summary>A token id, if the model has it.</summary>
    public static int TokenId(string field, uint id, int vocabularySize) => id < (uint)vocabularySize
        ? (int)id
        : throw Invalid(field, $"is {id}; token ids go from 0 to {vocabularySize - 1}");

    /// <summary>The error of a field.</summary>
    public static RpcException Invalid(string field, string problem) => RpcErrors.InvalidArgument(field, problem);
}
