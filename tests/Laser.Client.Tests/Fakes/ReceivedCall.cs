using Google.Protobuf;
using Grpc.Core;

namespace Laser.Client.Tests.Fakes;

/// <summary>A call as the server saw it arrive.</summary>
internal sealed record ReceivedCall(IMessage Request, Metadata Headers, DateTime Deadline, string Peer);
