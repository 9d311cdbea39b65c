// Calls the echo service with @grpc/grpc-js, one scenario after the other.
//   node scenarios.mjs ADDRESS PROTO             prints "ok NAME" or "failed NAME: ERROR" per scenario
//   node scenarios.mjs ADDRESS PROTO hang ID     starts a call that waits, and hangs
import assert from "node:assert/strict";
import grpc from "@grpc/grpc-js";
import { drain, load, next, runAll, unary as unaryOf } from "./harness.mjs";

const [address, proto, mode, id] = process.argv.slice(2);
const { Echo } = load(proto).laser.grpc.tests;

const connect = (options = {}) => new Echo(address, grpc.credentials.createInsecure(), options);
const client = connect();

const unary = (method, request, metadata, options, stub = client) => unaryOf(stub, method, request, metadata, options);
const inMilliseconds = (time) => ({ deadline: new Date(Date.now() + time) });

const scenarios = {
  async unary() {
    const { message, status } = await unary("Unary", { text: "hello", count: 7 });
    assert.equal(message.text, "hello");
    assert.equal(message.count, 7);
    assert.equal(status.code, grpc.status.OK);
  },

  async empty_message() {
    const { message } = await unary("Unary", {});
    assert.equal(message.text, "");
  },

  async four_megabytes_both_ways() {
    const payload = Buffer.alloc(4_000_000, "laser");
    const { message } = await unary("Unary", { payload });
    assert.ok(payload.equals(message.payload));
  },

  async server_stream() {
    const { messages, status } = await drain(client.ServerStream({ text: "again", count: 1000 }));
    assert.equal(messages.length, 1000);
    assert.equal(status.code, grpc.status.OK);
  },

  async server_stream_without_messages() {
    const { messages, status } = await drain(client.ServerStream({ count: 0 }));
    assert.equal(messages.length, 0);
    assert.equal(status.code, grpc.status.OK);
  },

  async client_stream() {
    const reply = await new Promise((resolve, reject) => {
      const call = client.ClientStream((error, message) => (error ? reject(error) : resolve(message)));
      for (let i = 1; i <= 3; i++) call.write({ text: `t${i}`, count: i });
      call.end();
    });
    assert.equal(reply.text, "t1,t2,t3");
    assert.equal(reply.count, 6);
  },

  async duplex_is_incremental() {
    const call = client.Duplex();
    for (let i = 0; i < 10; i++) {
      call.write({ text: `ping ${i}` });
      assert.equal((await next(call)).text, `ping ${i}`);
    }
    call.end();
    assert.equal((await drain(call)).status.code, grpc.status.OK);
  },

  async duplex_ended_by_the_server() {
    const call = client.Duplex();
    call.write({ text: "" });
    assert.equal((await drain(call)).status.code, grpc.status.OK);
  },

  async metadata_both_ways() {
    const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);
    const sent = new grpc.Metadata();
    sent.set("x-text", "some text, with a comma");
    sent.add("x-data-bin", bytes);
    sent.add("x-data-bin", Buffer.from([7]));
    const { headers, status } = await unary("EchoMetadata", {}, sent);
    assert.deepEqual(headers.get("h-x-text"), ["some text, with a comma"]);
    assert.deepEqual(headers.get("h-x-data-bin"), [bytes, Buffer.from([7])]);
    assert.deepEqual(status.metadata.get("t-x-text"), ["some text, with a comma"]);
    assert.deepEqual(status.metadata.get("t-x-data-bin"), [bytes, Buffer.from([7])]);
  },

  async early_headers() {
    const call = client.Wait({ id: "node early headers" });
    await new Promise((resolve) => call.once("metadata", resolve));
    const end = drain(call);
    call.cancel();
    assert.equal((await end).status.code, grpc.status.CANCELLED);
  },

  async status_without_messages() {
    const { status } = await drain(client.Fail({ code: grpc.status.NOT_FOUND, detail: "nothing here" }));
    assert.equal(status.code, grpc.status.NOT_FOUND);
    assert.equal(status.details, "nothing here");
    assert.deepEqual(status.metadata.get("x-from-context"), ["context"]);
    assert.deepEqual(status.metadata.get("x-from-exception"), ["exception"]);
  },

  async status_after_messages() {
    const { messages, status } = await drain(client.Fail({ code: grpc.status.ABORTED, messages: 3 }));
    assert.equal(messages.length, 3);
    assert.equal(status.code, grpc.status.ABORTED);
    assert.deepEqual(status.metadata.get("x-from-context"), ["context"]);
  },

  async status_message_in_unicode() {
    const detail = "100% \u00fcber\nsecond line \u65e5\u672c \ud83d\ude80";
    const { status } = await drain(client.Fail({ code: grpc.status.INTERNAL, detail }));
    assert.equal(status.details, detail);
  },

  async status_details() {
    const details = Buffer.from([8, 3, 18, 255, 0, 1]);
    const { status } = await drain(client.Fail({ code: grpc.status.INVALID_ARGUMENT, details }));
    assert.deepEqual(status.metadata.get("grpc-status-details-bin"), [details]);
  },

  async exception_is_unknown() {
    const { status } = await unary("Throw", {});
    assert.equal(status.code, grpc.status.UNKNOWN);
    assert.ok(!status.details.includes("secret"));
  },

  async deadline_honoured_by_the_handler() {
    const { status } = await drain(client.Wait({ id: "node deadline" }, inMilliseconds(200)));
    assert.equal(status.code, grpc.status.DEADLINE_EXCEEDED);
  },

  async deadline_ignored_by_the_handler() {
    const request = { id: "node ignored deadline", ignores_cancellation: true };
    const { status } = await drain(client.Wait(request, inMilliseconds(200)));
    assert.equal(status.code, grpc.status.DEADLINE_EXCEEDED);
  },

  async deadline_met() {
    const { status } = await unary("Unary", {}, new grpc.Metadata(), inMilliseconds(60_000));
    assert.equal(status.code, grpc.status.OK);
  },

  async cancel() {
    const call = client.Wait({ id: "node cancel" });
    const end = drain(call);
    await new Promise((resolve) => call.once("metadata", resolve));
    call.cancel();
    assert.equal((await end).status.code, grpc.status.CANCELLED);
  },

  async client_stream_ended_early() {
    const error = await new Promise((resolve) => {
      const call = client.ClientStream((failure) => resolve(failure));
      call.write({ text: "stop" });
    });
    assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED);
    assert.equal(error.details, "stopped early");
  },

  async over_the_servers_receive_limit() {
    const { status } = await unary("Unary", { payload: Buffer.alloc(5_000_000) });
    assert.equal(status.code, grpc.status.RESOURCE_EXHAUSTED);
  },

  async over_the_clients_receive_limit() {
    const strict = connect({ "grpc.max_receive_message_length": 1000 });
    const { status } = await unary("Unary", { payload: Buffer.alloc(5000) }, new grpc.Metadata(), {}, strict);
    strict.close();
    assert.equal(status.code, grpc.status.RESOURCE_EXHAUSTED);
  },

  async gzip_requests() {
    const packing = connect({ "grpc.default_compression_algorithm": 2 });
    const text = "again ".repeat(1000);
    const { message } = await unary("Unary", { text }, new grpc.Metadata(), {}, packing);
    packing.close();
    assert.equal(message.text, text);
  },

  async deflate_requests() {
    const packing = connect({ "grpc.default_compression_algorithm": 1 });
    const text = "again ".repeat(1000);
    const { message } = await unary("Unary", { text }, new grpc.Metadata(), {}, packing);
    packing.close();
    assert.equal(message.text, text);
  },

  async unimplemented() {
    assert.equal((await unary("Missing", {})).status.code, grpc.status.UNIMPLEMENTED);
  },

  async unknown_method_and_service() {
    for (const path of ["/laser.grpc.tests.Echo/Nothing", "/laser.grpc.tests.Nothing/Unary"]) {
      const error = await new Promise((resolve) =>
        client.makeUnaryRequest(path, (x) => x, (x) => x, Buffer.alloc(0), (failure) => resolve(failure)));
      assert.equal(error.code, grpc.status.UNIMPLEMENTED);
    }
  },

  async five_hundred_at_once() {
    const results = await Promise.all(Array.from({ length: 500 }, (_, count) => unary("Unary", { count })));
    results.forEach(({ message }, i) => assert.equal(message.count, i));
  },

  async keepalive_pings() {
    const pinging = connect({ "grpc.keepalive_time_ms": 20, "grpc.keepalive_permit_without_calls": 1 });
    const { status } = await drain(pinging.Wait({ id: "node keepalive" }, inMilliseconds(500)));
    assert.equal(status.code, grpc.status.DEADLINE_EXCEEDED);
    assert.equal((await unary("Unary", {}, new grpc.Metadata(), {}, pinging)).status.code, grpc.status.OK);
    pinging.close();
  },
};

if (mode === "hang") {
  client.Wait({ id }).on("error", () => {});
} else {
  await runAll(scenarios);
  client.close();
}
