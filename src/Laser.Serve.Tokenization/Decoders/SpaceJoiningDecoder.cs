using System.Text;

namespace Laser.Serve.Tokenization.Decoders;

/// <summary>For files without a decoder: tokens as they are, a space between each two.</summary>
internal sealed class SpaceJoiningDecoder : ITokenDecoder
{
    public bool DependsOnStart => true;

    public byte[] Decode(string token, bool startsText)
    {
        return Encoding.UTF8.GetBytes(startsText ? token : " " + token);
    }
}
