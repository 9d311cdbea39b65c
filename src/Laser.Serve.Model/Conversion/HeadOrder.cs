namespace Laser.Serve.Model.Conversion;

/// <summary>
/// Where the channels of the heads lie in x-transformers. Two things differ. A query head h reads the key/value head
/// <c>h % kvHeads</c> there and <c>h / (heads / kvHeads)</c> here. Rotation pairs channels 2i and 2i + 1 there, i and
/// i + dim / 2 here. Scores are sums over channels, so that queries and keys may be reordered alike.
/// </summary>
internal static class HeadOrder
{
    /// <summary>For each row of our query projection, the row of theirs.</summary>
    public static int[] Queries(XTransformersArguments model) =>
        Order(model.Heads, model.HeadDim, head => TheirHead(model, head), channel => TheirChannel(model, channel));

    /// <summary>For each row of our key projection, the row of theirs.</summary>
    public static int[] Keys(XTransformersArguments model) =>
        Order(model.KvHeads, model.HeadDim, head => head, channel => TheirChannel(model, channel));

    /// <summary>For each column of our output projection, the column of theirs. Values are not rotated.</summary>
    public static int[] Outputs(XTransformersArguments model) =>
        Order(model.Heads, model.HeadDim, head => TheirHead(model, head), channel => channel);

    private static int TheirHead(XTransformersArguments model, int head)
    {
        (int kvHead, int member) = Math.DivRem(head, model.Heads / model.KvHeads);
        return (member * model.KvHeads) + kvHead;
    }

    private static int TheirChannel(XTransformersArguments model, int channel)
    {
        int half = model.RotaryDim / 2;
        return channel switch
        {
            _ when channel < half => 2 * channel,
            _ when channel < model.RotaryDim => (2 * (channel - half)) + 1,
            _ => channel,
        };
    }

    private static int[] Order(int heads, int headDim, Func<int, int> headOf, Func<int, int> channelOf)
    {
        var order = new int[heads * headDim];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = (headOf(i / headDim) * headDim) + channelOf(i % headDim);
        }

        return order;
    }
}
