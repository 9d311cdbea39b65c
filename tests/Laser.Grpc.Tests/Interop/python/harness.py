"""What the scripts here share: messages without generated code, checks, and one line of output per scenario."""
import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def load(path, package, names):
    """Message classes from a file with the FileDescriptorProto of a .proto file."""
    pool = descriptor_pool.DescriptorPool()
    with open(path, "rb") as file:
        pool.Add(descriptor_pb2.FileDescriptorProto.FromString(file.read()))
    factory = message_factory.MessageFactory(pool)
    return [factory.GetPrototype(pool.FindMessageTypeByName(f"{package}.{name}")) for name in names]


def error_of(function):
    """The RpcError a call ends with."""
    try:
        function()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} instead of {expected!r}")


def run_all(scenarios, *arguments):
    """Runs functions one after the other and prints "ok NAME" or "failed NAME: ERROR" for each."""
    for scenario in scenarios:
        try:
            scenario(*arguments)
            print(f"ok {scenario.__name__}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            text = " | ".join(str(error).splitlines())
            print(f"failed {scenario.__name__}: {type(error).__name__} {text}", flush=True)
