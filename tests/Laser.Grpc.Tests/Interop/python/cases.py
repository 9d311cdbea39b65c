"""The cases of grpc/grpc, doc/interop-test-descriptions.md, with grpcio.

    python3 cases.py ADDRESS DESCRIPTOR

DESCRIPTOR is a file with the FileDescriptorProto of interop.proto. grpcio compresses a whole call or nothing, and does not tell whether a
response was compressed: client_compressed_streaming is two calls here, and responses are seen by the tests that read the bytes.
"""
import queue
import sys

import grpc
from harness import error_of, expect, load, run_all

ADDRESS = sys.argv[1]
PACKAGE = "grpc.testing"
LARGE_RESPONSE = 314159
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
STATUS_MESSAGE = "test status message"
SPECIAL_STATUS_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"

(Empty, SimpleRequest, SimpleResponse, StreamingInputCallRequest, StreamingInputCallResponse,
 StreamingOutputCallRequest, StreamingOutputCallResponse) = load(sys.argv[2], PACKAGE, (
     "Empty", "SimpleRequest", "SimpleResponse", "StreamingInputCallRequest", "StreamingInputCallResponse",
     "StreamingOutputCallRequest", "StreamingOutputCallResponse"))


class TestService:
    """A client of the service, as generated code would have it."""

    def __init__(self, channel):
        def method(kind, name, request, response, service="TestService"):
            return kind(
                f"/{PACKAGE}.{service}/{name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString,
            )

        self.empty = method(channel.unary_unary, "EmptyCall", Empty, Empty)
        self.unary = method(channel.unary_unary, "UnaryCall", SimpleRequest, SimpleResponse)
        self.input = method(
            channel.stream_unary, "StreamingInputCall", StreamingInputCallRequest, StreamingInputCallResponse)
        self.output = method(
            channel.unary_stream, "StreamingOutputCall", StreamingOutputCallRequest, StreamingOutputCallResponse)
        self.duplex = method(
            channel.stream_stream, "FullDuplexCall", StreamingOutputCallRequest, StreamingOutputCallResponse)
        self.unimplemented = method(channel.unary_unary, "UnimplementedCall", Empty, Empty)
        self.nobody = method(channel.unary_unary, "UnimplementedCall", Empty, Empty, "UnimplementedService")


class Requests:
    """Requests of a stream, sent one at a time until it is closed."""

    def __init__(self):
        self._queue = queue.Queue()

    def send(self, request):
        self._queue.put(request)

    def close(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


def large(**fields):
    return SimpleRequest(response_size=LARGE_RESPONSE, payload={"body": bytes(271828)}, **fields)


def ping(request_size, response_size):
    return StreamingOutputCallRequest(
        payload={"body": bytes(request_size)}, response_parameters=[{"size": response_size}])


def expect_zeros(message, size):
    expect(message.payload.body == bytes(size), True)


def empty_unary(service):
    expect(service.empty(Empty()), Empty())


def large_unary(service):
    expect_zeros(service.unary(large()), LARGE_RESPONSE)


def client_streaming(service):
    requests = (StreamingInputCallRequest(payload={"body": bytes(size)}) for size in REQUEST_SIZES)
    expect(service.input(requests).aggregated_payload_size, 74922)


def server_streaming(service):
    request = StreamingOutputCallRequest(response_parameters=[{"size": size} for size in RESPONSE_SIZES])
    expect([len(reply.payload.body) for reply in service.output(request)], list(RESPONSE_SIZES))


def ping_pong(service):
    requests = Requests()
    call = service.duplex(iter(requests))
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        requests.send(ping(request_size, response_size))
        expect_zeros(next(call), response_size)
    requests.close()
    expect(list(call), [])
    expect(call.code(), grpc.StatusCode.OK)


def empty_stream(service):
    call = service.duplex(iter(()))
    expect(list(call), [])
    expect(call.code(), grpc.StatusCode.OK)


def client_compressed_unary(service):
    compressed = large(expect_compressed={"value": True})
    expect(error_of(lambda: service.unary(compressed)).code(), grpc.StatusCode.INVALID_ARGUMENT)
    expect_zeros(service.unary(compressed, compression=grpc.Compression.Gzip), LARGE_RESPONSE)
    expect_zeros(service.unary(large(expect_compressed={"value": False})), LARGE_RESPONSE)


def server_compressed_unary(service):
    for value in (True, False):
        expect_zeros(service.unary(large(response_compressed={"value": value})), LARGE_RESPONSE)


def client_compressed_streaming(service):
    def part(size, value):
        return StreamingInputCallRequest(payload={"body": bytes(size)}, expect_compressed={"value": value})

    error = error_of(lambda: service.input(iter([part(27182, True)])))
    expect(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
    reply = service.input(iter([part(27182, True), part(45904, True)]), compression=grpc.Compression.Gzip)
    expect(reply.aggregated_payload_size, 73086)
    expect(service.input(iter([part(45904, False)])).aggregated_payload_size, 45904)


def server_compressed_streaming(service):
    request = StreamingOutputCallRequest(response_parameters=[
        {"size": 31415, "compressed": {"value": True}}, {"size": 92653, "compressed": {"value": False}}])
    expect([len(reply.payload.body) for reply in service.output(request)], [31415, 92653])


def custom_metadata(service):
    data = b"\xab\xab\xab"
    sent = (("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", data))
    _, unary = service.unary.with_call(large(), metadata=sent)
    duplex = service.duplex(iter([ping(1, 1)]), metadata=sent)
    list(duplex)
    for call in (unary, duplex):
        expect(dict(call.initial_metadata())["x-grpc-test-echo-initial"], "test_initial_metadata_value")
        expect(dict(call.trailing_metadata())["x-grpc-test-echo-trailing-bin"], data)


def expect_status(service, message):
    status = {"code": 2, "message": message}
    duplex = service.duplex(iter([StreamingOutputCallRequest(response_status=status)]))
    errors = (
        error_of(lambda: service.unary(SimpleRequest(response_status=status))),
        error_of(lambda: next(duplex)),
    )
    for error in errors:
        expect((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, message))


def status_code_and_message(service):
    expect_status(service, STATUS_MESSAGE)


def special_status_message(service):
    expect_status(service, SPECIAL_STATUS_MESSAGE)


def unimplemented_method(service):
    expect(error_of(lambda: service.unimplemented(Empty())).code(), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(service):
    expect(error_of(lambda: service.nobody(Empty())).code(), grpc.StatusCode.UNIMPLEMENTED)


def cancel_after_begin(service):
    requests = Requests()
    call = service.input.future(iter(requests))
    call.cancel()
    requests.close()
    expect((call.cancelled(), call.code()), (True, grpc.StatusCode.CANCELLED))


def cancel_after_first_response(service):
    requests = Requests()
    call = service.duplex(iter(requests))
    requests.send(ping(REQUEST_SIZES[0], RESPONSE_SIZES[0]))
    expect_zeros(next(call), RESPONSE_SIZES[0])
    call.cancel()
    requests.close()
    expect(error_of(lambda: next(call)).code(), grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server(service):
    requests = Requests()
    call = service.duplex(iter(requests), timeout=0.001)
    requests.send(StreamingOutputCallRequest(payload={"body": bytes(27182)}))
    expect(error_of(lambda: next(call)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.close()


CASES = [
    empty_unary,
    large_unary,
    client_streaming,
    server_streaming,
    ping_pong,
    empty_stream,
    client_compressed_unary,
    server_compressed_unary,
    client_compressed_streaming,
    server_compressed_streaming,
    custom_metadata,
    status_code_and_message,
    special_status_message,
    unimplemented_method,
    unimplemented_service,
    cancel_after_begin,
    cancel_after_first_response,
    timeout_on_sleeping_server,
]

with grpc.insecure_channel(ADDRESS) as connection:
    run_all(CASES, TestService(connection))
