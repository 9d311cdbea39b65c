// The cases of grpc/grpc, doc/interop-test-descriptions.md, with @grpc/grpc-js. It does not tell whether a response was compressed;
// that is seen by the tests that read the bytes.
//   node cases.mjs ADDRESS PROTO
import assert from "node:assert/strict";
import grpc from "@grpc/grpc-js";
import { drain, load, next, runAll, unary, upload } from "./harness.mjs";

const [address, proto] = process.argv.slice(2);
const { TestService, UnimplementedService } = load(proto).grpc.testing;
const connect = (service, options = {}) => new service(address, grpc.credentials.createInsecure(), options);

// Numbers of the protocol implementation that grpc-js does not export.
const GZIP = 2;
const NO_COMPRESS = 2;

const client = connect(TestService);
const packing = connect(TestService, { "grpc.default_compression_algorithm": GZIP });

const requestSizes = [27182, 8, 1828, 45904];
const responseSizes = [31415, 9, 2653, 58979];
const zeros = (size) => ({ body: Buffer.alloc(size) });
const large = (fields = {}) => ({ response_size: 314159, payload: zeros(271828), ...fields });
const ping = (i) => ({ payload: zeros(requestSizes[i]), response_parameters: [{ size: responseSizes[i] }] });

function assertZeros(payload, size) {
  assert.equal(payload.body.length, size);
  assert.ok(payload.body.every((byte) => byte === 0));
}

async function assertLarge(promise) {
  const { error, message } = await promise;
  assert.equal(error, null);
  assertZeros(message.payload, 314159);
}

async function statusIsSent(message) {
  const response_status = { code: grpc.status.UNKNOWN, message };
  const call = client.FullDuplexCall();
  call.write({ response_status });
  for (const { status } of await Promise.all([drain(call), unary(client, "UnaryCall", { response_status })])) {
    assert.equal(status.code, grpc.status.UNKNOWN);
    assert.equal(status.details, message);
  }
}

await runAll({
  async empty_unary() {
    assert.deepEqual((await unary(client, "EmptyCall", {})).message, {});
  },

  async large_unary() {
    await assertLarge(unary(client, "UnaryCall", large()));
  },

  async client_streaming() {
    const { message } = await upload(client, "StreamingInputCall", (call) => {
      requestSizes.forEach((size) => call.write({ payload: zeros(size) }));
      call.end();
    });
    assert.equal(message.aggregated_payload_size, 74922);
  },

  async server_streaming() {
    const request = { response_parameters: responseSizes.map((size) => ({ size })) };
    const { messages, status } = await drain(client.StreamingOutputCall(request));
    assert.equal(messages.length, 4);
    messages.forEach(({ payload }, i) => assertZeros(payload, responseSizes[i]));
    assert.equal(status.code, grpc.status.OK);
  },

  async ping_pong() {
    const call = client.FullDuplexCall();
    for (let i = 0; i < 4; i++) {
      call.write(ping(i));
      assertZeros((await next(call)).payload, responseSizes[i]);
    }
    call.end();
    assert.equal((await drain(call)).status.code, grpc.status.OK);
  },

  async empty_stream() {
    const call = client.FullDuplexCall();
    call.end();
    const { messages, status } = await drain(call);
    assert.equal(messages.length, 0);
    assert.equal(status.code, grpc.status.OK);
  },

  async client_compressed_unary() {
    const compressed = large({ expect_compressed: { value: true } });
    assert.equal((await unary(client, "UnaryCall", compressed)).error.code, grpc.status.INVALID_ARGUMENT);
    await assertLarge(unary(packing, "UnaryCall", compressed));
    await assertLarge(unary(client, "UnaryCall", large({ expect_compressed: { value: false } })));
  },

  async server_compressed_unary() {
    await assertLarge(unary(client, "UnaryCall", large({ response_compressed: { value: true } })));
    await assertLarge(unary(client, "UnaryCall", large({ response_compressed: { value: false } })));
  },

  async client_compressed_streaming() {
    const part = (size, value) => ({ payload: zeros(size), expect_compressed: { value } });
    const { error } = await upload(client, "StreamingInputCall", (call) => {
      call.write(part(27182, true));
      call.end();
    });
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    const { message } = await upload(packing, "StreamingInputCall", (call) => {
      call.write(part(27182, true));
      call.write(part(45904, false), NO_COMPRESS);
      call.end();
    });
    assert.equal(message.aggregated_payload_size, 73086);
  },

  async server_compressed_streaming() {
    const response_parameters = [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }];
    const { messages, status } = await drain(client.StreamingOutputCall({ response_parameters }));
    assert.equal(messages.length, 2);
    messages.forEach(({ payload }, i) => assertZeros(payload, response_parameters[i].size));
    assert.equal(status.code, grpc.status.OK);
  },

  async custom_metadata() {
    const bytes = Buffer.from([0xab, 0xab, 0xab]);
    const sent = new grpc.Metadata();
    sent.set("x-grpc-test-echo-initial", "test_initial_metadata_value");
    sent.set("x-grpc-test-echo-trailing-bin", bytes);
    const call = client.FullDuplexCall(sent);
    call.write(ping(0));
    call.end();
    for (const { headers, status } of await Promise.all([drain(call), unary(client, "UnaryCall", large(), sent)])) {
      assert.deepEqual(headers.get("x-grpc-test-echo-initial"), ["test_initial_metadata_value"]);
      assert.deepEqual(status.metadata.get("x-grpc-test-echo-trailing-bin"), [bytes]);
    }
  },

  async status_code_and_message() {
    await statusIsSent("test status message");
  },

  async special_status_message() {
    await statusIsSent("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n");
  },

  async unimplemented_method() {
    assert.equal((await unary(client, "UnimplementedCall", {})).status.code, grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service() {
    const nobody = connect(UnimplementedService);
    assert.equal((await unary(nobody, "UnimplementedCall", {})).status.code, grpc.status.UNIMPLEMENTED);
    nobody.close();
  },

  async cancel_after_begin() {
    const { error } = await upload(client, "StreamingInputCall", (call) => setImmediate(() => call.cancel()));
    assert.equal(error.code, grpc.status.CANCELLED);
  },

  async cancel_after_first_response() {
    const call = client.FullDuplexCall();
    call.write(ping(0));
    assertZeros((await next(call)).payload, responseSizes[0]);
    const end = drain(call);
    call.cancel();
    assert.equal((await end).status.code, grpc.status.CANCELLED);
  },

  async timeout_on_sleeping_server() {
    const call = client.FullDuplexCall(new grpc.Metadata(), { deadline: new Date(Date.now() + 1) });
    call.write({ payload: zeros(27182) });
    assert.equal((await drain(call)).status.code, grpc.status.DEADLINE_EXCEEDED);
  },
});
client.close();
packing.close();
