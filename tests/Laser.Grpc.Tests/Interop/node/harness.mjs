// What the scripts here share: calls as promises, and one line of output per scenario.
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

/** The packages of a .proto file. */
export const load = (proto) =>
  grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, defaults: true }));

/** A unary call: message, or error, with headers and status. */
export function unary(stub, method, request, metadata = new grpc.Metadata(), options = {}) {
  return new Promise((resolve) => {
    const result = {};
    const call = stub[method](request, metadata, options, (error, message) => Object.assign(result, { error, message }));
    call.on("metadata", (headers) => (result.headers = headers));
    call.on("status", (status) => resolve({ ...result, status }));
  });
}

/** A client-streaming call: send(call) writes; resolves to message, or error. */
export function upload(stub, method, send, metadata = new grpc.Metadata()) {
  return new Promise((resolve) => {
    const call = stub[method](metadata, (error, message) => resolve({ error, message }));
    send(call);
  });
}

/** Reads a stream to its status. */
export function drain(call) {
  return new Promise((resolve) => {
    const messages = [];
    let headers;
    call.on("metadata", (value) => (headers = value));
    call.on("data", (message) => messages.push(message));
    call.on("error", () => {});
    call.on("status", (status) => resolve({ messages, headers, status }));
  });
}

/** The next message of a stream. */
export const next = (call) => new Promise((resolve, reject) => call.once("data", resolve).once("error", reject));

/** Runs scenarios one after the other and prints "ok NAME" or "failed NAME: ERROR" for each. */
export async function runAll(scenarios) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await scenario();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`failed ${name}: ${String(error.message ?? error).replaceAll("\n", " | ")}`);
    }
  }
}
