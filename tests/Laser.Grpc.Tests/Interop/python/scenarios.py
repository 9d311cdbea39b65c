"""Calls the echo service with grpcio, one scenario after the other.

    python3 scenarios.py ADDRESS DESCRIPTOR

DESCRIPTOR is a file with the FileDescriptorProto of echo.proto, so that no generated code is needed.
Prints "ok NAME" or "failed NAME: ERROR" per scenario.
"""
import sys

import grpc
from harness import error_of, expect, load, run_all

ADDRESS = sys.argv[1]
PACKAGE = "laser.grpc.tests"

EchoMessage, FailRequest, WaitRequest = load(sys.argv[2], PACKAGE, ("EchoMessage", "FailRequest", "WaitRequest"))


class Echo:
    """A client of the service, as generated code would have it."""

    def __init__(self, channel):
        def method(kind, name, request=EchoMessage):
            return kind(
                f"/{PACKAGE}.Echo/{name}",
                request_serializer=request.SerializeToString,
                response_deserializer=EchoMessage.FromString,
            )

        self.unary = method(channel.unary_unary, "Unary")
        self.server_stream = method(channel.unary_stream, "ServerStream")
        self.client_stream = method(channel.stream_unary, "ClientStream")
        self.duplex = method(channel.stream_stream, "Duplex")
        self.fail = method(channel.unary_stream, "Fail", FailRequest)
        self.echo_metadata = method(channel.unary_unary, "EchoMetadata")
        self.wait = method(channel.unary_stream, "Wait", WaitRequest)
        self.throw = method(channel.unary_unary, "Throw")
        self.missing = method(channel.unary_unary, "Missing")
        self.nothing = method(channel.unary_unary, "Nothing")


def connect(*options, **arguments):
    return grpc.insecure_channel(ADDRESS, options=options, **arguments)


def unary(echo):
    reply, call = echo.unary.with_call(EchoMessage(text="hello", count=7))
    expect((reply.text, reply.count), ("hello", 7))
    expect(call.code(), grpc.StatusCode.OK)


def four_megabytes_both_ways(echo):
    payload = b"laser" * 800_000
    expect(echo.unary(EchoMessage(payload=payload)).payload == payload, True)


def server_stream(echo):
    call = echo.server_stream(EchoMessage(text="again", count=1000))
    expect(sum(1 for _ in call), 1000)
    expect(call.code(), grpc.StatusCode.OK)


def client_stream(echo):
    reply = echo.client_stream(EchoMessage(text=f"t{i}", count=i) for i in (1, 2, 3))
    expect((reply.text, reply.count), ("t1,t2,t3", 6))


def duplex(echo):
    texts = [f"ping {i}" for i in range(10)]
    expect([reply.text for reply in echo.duplex(EchoMessage(text=text) for text in texts)], texts)


def metadata_both_ways(echo):
    data = bytes([0, 1, 2, 253, 254, 255])
    _, call = echo.echo_metadata.with_call(
        EchoMessage(), metadata=(("x-text", "some text"), ("x-data-bin", data), ("x-data-bin", b"\x07")))
    headers = [(key, value) for key, value in call.initial_metadata() if key.startswith("h-")]
    trailers = [(key, value) for key, value in call.trailing_metadata() if key.startswith("t-")]
    expect(headers, [("h-x-text", "some text"), ("h-x-data-bin", data), ("h-x-data-bin", b"\x07")])
    expect(trailers, [("t-x-text", "some text"), ("t-x-data-bin", data), ("t-x-data-bin", b"\x07")])


def early_headers_and_cancel(echo):
    call = echo.wait(WaitRequest(id="python early headers"))
    call.initial_metadata()
    call.cancel()
    expect(call.code(), grpc.StatusCode.CANCELLED)


def status_without_messages(echo):
    error = error_of(lambda: list(echo.fail(FailRequest(code=5, detail="nothing here"))))
    expect((error.code(), error.details()), (grpc.StatusCode.NOT_FOUND, "nothing here"))
    expect(dict(error.trailing_metadata())["x-from-exception"], "exception")


def status_after_messages(echo):
    call = echo.fail(FailRequest(code=10, messages=3))
    for _ in range(3):
        next(call)
    expect(error_of(lambda: next(call)).code(), grpc.StatusCode.ABORTED)


def status_message_in_unicode(echo):
    detail = "100% \u00fcber\nsecond line \u65e5\u672c \U0001f680"
    expect(error_of(lambda: list(echo.fail(FailRequest(code=13, detail=detail)))).details(), detail)


def status_details(echo):
    details = bytes([8, 3, 18, 255, 0, 1])
    error = error_of(lambda: list(echo.fail(FailRequest(code=3, details=details))))
    expect(dict(error.trailing_metadata())["grpc-status-details-bin"], details)


def exception_is_unknown(echo):
    expect(error_of(lambda: echo.throw(EchoMessage())).code(), grpc.StatusCode.UNKNOWN)


def deadline_honoured_by_the_handler(echo):
    error = error_of(lambda: list(echo.wait(WaitRequest(id="python deadline"), timeout=0.2)))
    expect(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)


def deadline_ignored_by_the_handler(echo):
    request = WaitRequest(id="python ignored deadline", ignores_cancellation=True)
    expect(error_of(lambda: list(echo.wait(request, timeout=0.2))).code(), grpc.StatusCode.DEADLINE_EXCEEDED)


def client_stream_ended_early(echo):
    error = error_of(lambda: echo.client_stream(iter([EchoMessage(text="stop")])))
    expect((error.code(), error.details()), (grpc.StatusCode.RESOURCE_EXHAUSTED, "stopped early"))


def over_the_servers_receive_limit(echo):
    error = error_of(lambda: echo.unary(EchoMessage(payload=bytes(5_000_000))))
    expect(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)


def over_the_clients_receive_limit(_):
    with connect(("grpc.max_receive_message_length", 1000)) as channel:
        error = error_of(lambda: Echo(channel).unary(EchoMessage(payload=bytes(5000))))
    expect(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)


def compressed_requests(_):
    text = "again " * 1000
    for algorithm in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        with connect(compression=algorithm) as channel:
            expect(Echo(channel).unary(EchoMessage(text=text)).text, text)


def unimplemented(echo):
    for method in (echo.missing, echo.nothing):
        expect(error_of(lambda: method(EchoMessage())).code(), grpc.StatusCode.UNIMPLEMENTED)


def five_hundred_at_once(echo):
    calls = [echo.unary.future(EchoMessage(count=i)) for i in range(500)]
    counts = [call.result(timeout=60).count for call in calls]
    expect(counts, list(range(500)))


SCENARIOS = [
    unary,
    four_megabytes_both_ways,
    server_stream,
    client_stream,
    duplex,
    metadata_both_ways,
    early_headers_and_cancel,
    status_without_messages,
    status_after_messages,
    status_message_in_unicode,
    status_details,
    exception_is_unknown,
    deadline_honoured_by_the_handler,
    deadline_ignored_by_the_handler,
    client_stream_ended_early,
    over_the_servers_receive_limit,
    over_the_clients_receive_limit,
    compressed_requests,
    unimplemented,
    five_hundred_at_once,
]


with connect() as connection:
    run_all(SCENARIOS, Echo(connection))
