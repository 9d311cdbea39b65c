using Laser.Serve.Tokenization;

namespace Laser.Serve.Model.Tests.Golden;

/// <summary>How 20 tales begin, for the bundled model to go on.</summary>
internal static class Openings
{
    private static readonly string[] Texts =
    [
        "Once upon a time there was a king who had three sons.",
        "In a small house at the edge of the forest lived an old woman",
        "A poor miller had nothing left but his cat.",
        "The princess looked out of the window of the tower and saw",
        "Long ago, when wishes still came true,",
        "\"Open the door,\" said the wolf,",
        "A tailor sat at his work one morning in summer",
        "There were once two brothers, one of them rich and the other poor.",
        "The youngest daughter went into the garden to fetch water",
        "A soldier came marching along the road:",
        "The giant laughed so loudly that the trees shook.",
        "When winter came and the snow lay deep,",
        "The fisherman threw his net into the sea, and",
        "An old donkey had carried sacks for many years.",
        "The queen asked her mirror every day",
        "Deep under the mountain the dwarfs were digging for gold.",
        "\"I will give you my kingdom,\" cried the king, \"if",
        "A little bird sat on the branch and sang:",
        "The boy did not know what fear was, so he",
        "At midnight the clock struck twelve, and",
    ];

    /// <summary>The token ids of the first ones.</summary>
    public static int[][] Tokens(string model, int count)
    {
        ITokenizer tokenizer = TokenizerLoader.Load(model);
        return [.. Texts.Take(count).Select(text => tokenizer.Encode(text).ToArray())];
    }
}
