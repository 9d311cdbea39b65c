// Calls a running server with @grpc/grpc-js over the .proto files of this repository, one scenario after the other.
//   node scenarios.mjs ADDRESS PROTOS PACKAGES
// prints "ok NAME" or "failed NAME: ERROR" per scenario. PACKAGES is the folder that has node_modules.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [address, protos, packages] = process.argv.slice(2);
const require = createRequire(join(packages, "package.json"));
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const definition = loader.loadSync(
  [
    "laser/serve/v1/generation.proto",
    "inference/inference.proto",
    "vllm/grpc/engine/vllm_engine.proto",
    "grpc/reflection/v1/reflection.proto",
  ],
  { includeDirs: [protos], keepCase: true, defaults: true, oneofs: true, longs: Number },
);
const root = grpc.loadPackageDefinition(definition);
const connect = (Client) => new Client(address, grpc.credentials.createInsecure());
const native = connect(root.laser.serve.v1.Generation);
const infer = connect(root.inference.GRPCInferenceService);
const vllm = connect(root.vllm.grpc.engine.VllmEngine);
const reflection = connect(root.grpc.reflection.v1.ServerReflection);

const unary = (client, method, request) =>
  new Promise((resolve, reject) => {
    client[method](request, (error, message) => (error ? reject(error) : resolve(message)));
  });

const drain = (call) =>
  new Promise((resolve, reject) => {
    const messages = [];
    call.on("data", (message) => messages.push(message)).on("error", reject).on("end", () => resolve(messages));
  });

const PROMPT = "Once upon a time";
// So many that a busy server cannot have them all ready when it first writes.
const MAX_TOKENS = 512;
const SEED = 11;

const sampling = { temperature: 1, top_p: 1, seed: SEED };
const expected = async () =>
  (await unary(native, "GenerateOnce", { prompt: PROMPT, max_tokens: MAX_TOKENS, sampling })).sequences[0];

const inferRequest = (...outputs) => ({
  model_name: "laser-tales-3m",
  id: "node",
  inputs: [
    { name: "text_input", datatype: "BYTES", shape: [1], contents: { bytes_contents: [Buffer.from(PROMPT)] } },
    { name: "max_tokens", datatype: "INT32", shape: [1], contents: { int_contents: [MAX_TOKENS] } },
  ],
  parameters: { temperature: { double_param: 1 }, top_p: { double_param: 1 }, seed: { int64_param: SEED } },
  outputs: outputs.map((name) => ({ name })),
});

const output = (response, name) => response.outputs.find((tensor) => tensor.name === name).contents;
const text = (response) => Buffer.concat(output(response, "text_output").bytes_contents).toString("utf8");

const scenarios = {
  async model_infer() {
    const { text: wanted, token_ids } = await expected();
    const response = await unary(infer, "ModelInfer", inferRequest("text_output", "output_ids"));
    assert.equal(text(response), wanted);
    assert.deepEqual(output(response, "output_ids").int_contents, token_ids);
    assert.equal(response.id, "node");
  },

  async model_infer_error() {
    const request = inferRequest();
    request.inputs[1].datatype = "FP32";
    await assert.rejects(unary(infer, "ModelInfer", request), (error) => {
      assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
      assert.match(error.details, /inputs\[max_tokens\]/);
      return true;
    });
  },

  async model_stream_infer() {
    const { text: wanted } = await expected();
    const call = infer.ModelStreamInfer();
    const request = inferRequest();
    request.inputs.push({ name: "stream", datatype: "BOOL", shape: [1], contents: { bool_contents: [true] } });
    call.write(request);
    call.end();
    const messages = await drain(call);
    assert.ok(messages.length > 1);
    assert.ok(messages.every((message) => message.error_message === ""));
    assert.equal(messages.map((message) => text(message.infer_response)).join(""), wanted);
    assert.equal(messages.at(-1).infer_response.parameters.triton_final_response.bool_param, true);
  },

  async vllm_generate() {
    const { token_ids } = await expected();
    const sampling_params = { temperature: 1, max_tokens: MAX_TOKENS, seed: SEED };
    const messages = await drain(vllm.Generate({ text: PROMPT, sampling_params, stream: true }));
    const chunks = messages.filter((message) => message.response === "chunk");
    assert.deepEqual(chunks.flatMap((message) => message.chunk.token_ids), token_ids);
    assert.deepEqual(messages.at(-1).complete.output_ids, token_ids);
  },

  async vllm_get_tokenizer() {
    const chunks = await drain(vllm.GetTokenizer({}));
    assert.equal(Buffer.concat(chunks.map((chunk) => chunk.data)).subarray(0, 2).toString(), "PK");
    assert.match(chunks.at(-1).sha256, /^[0-9a-f]{64}$/);
  },

  // What it finds through reflection is enough to build a client and to call with it.
  async reflection() {
    const call = reflection.ServerReflectionInfo();
    call.write({ file_containing_symbol: "laser.serve.v1.Models" });
    call.end();
    const [answer] = await drain(call);
    const files = answer.file_descriptor_response.file_descriptor_proto;
    const found = loader.loadFileDescriptorSetFromBuffer(descriptorSet(files), { keepCase: true });
    const models = connect(grpc.loadPackageDefinition(found).laser.serve.v1.Models);
    assert.equal((await unary(models, "GetModel", {})).name, "laser-tales-3m");
  },
};

/** A FileDescriptorSet: field 1, repeated, of bytes that are there already. */
function descriptorSet(files) {
  return Buffer.concat(files.flatMap((file) => [Buffer.from([0x0a]), varint(file.length), file]));
}

function varint(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

let failed = 0;
for (const [name, run] of Object.entries(scenarios)) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`failed ${name}: ${error.message.replaceAll("\n", " ")}`);
  }
}

process.exit(failed === 0 ? 0 : 1);
