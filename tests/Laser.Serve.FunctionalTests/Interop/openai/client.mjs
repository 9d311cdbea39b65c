// Calls the server with the official openai client, one scenario after the other.
//   node client.mjs ADDRESS     prints "ok NAME" or "failed NAME: ERROR" per scenario
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI, { BadRequestError, NotFoundError } from "openai";

const address = new URL("v1", process.argv[2]).href;
const client = new OpenAI({ baseURL: address, apiKey: "none", maxRetries: 0 });
const model = "laser-tales-3m";
const story = { model, prompt: "Once upon a time", temperature: 0 };
const create = (parameters) => client.completions.create({ ...story, ...parameters });

async function gather(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, text: chunks.flatMap((c) => c.choices.map((choice) => choice.text)).join("") };
}

const scenarios = {
  async completion() {
    const before = Math.floor(Date.now() / 1000);
    const completion = await create({ max_tokens: 24 });
    const [choice] = completion.choices;
    assert.match(completion.id, /^cmpl-[0-9a-f]{32}$/);
    assert.equal(completion.object, "text_completion");
    assert.equal(completion.model, model);
    assert.ok(completion.created >= before && completion.created <= before + 600);
    assert.equal(completion._request_id, completion.id.slice(5));
    assert.match(choice.text, /[a-z]{2,} [a-z]{2,}/);
    assert.equal(choice.index, 0);
    assert.equal(choice.logprobs, null);
    assert.equal(choice.finish_reason, "length");
    assert.equal(completion.usage.completion_tokens, 24);
    assert.equal(completion.usage.total_tokens, completion.usage.prompt_tokens + 24);
    assert.equal(typeof completion.usage.prompt_tokens_details.cached_tokens, "number");
  },

  async several_choices() {
    const { choices, usage } = await create({ n: 3, temperature: 1, seed: 5, max_tokens: 12 });
    assert.deepEqual(choices.map((choice) => choice.index), [0, 1, 2]);
    assert.equal(new Set(choices.map((choice) => choice.text)).size, 3);
    assert.equal(usage.completion_tokens, 36);
    const { chunks } = await gather(await create({ n: 3, temperature: 1, seed: 5, max_tokens: 12, stream: true }));
    for (const { index, text } of choices) {
      const parts = chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.index === index);
      assert.equal(parts.map((part) => part.text).join(""), text);
    }
  },

  async logprobs_and_echo() {
    const { choices, usage } = await create({ max_tokens: 5, logprobs: 2, echo: true });
    const [{ text, logprobs }] = choices;
    assert.ok(text.startsWith(story.prompt));
    assert.equal(logprobs.tokens.length, usage.total_tokens);
    assert.equal(logprobs.token_logprobs[0], null);
    assert.ok(logprobs.token_logprobs.slice(1).every((value) => value <= 0));
    assert.ok(Object.keys(logprobs.top_logprobs.at(-1)).length >= 2);
    // The first one begins the sequence and is no text.
    assert.equal(logprobs.tokens.slice(1).join(""), text);
    assert.deepEqual(logprobs.text_offset.slice(0, 2), [0, 0]);
    assert.equal(text.slice(logprobs.text_offset.at(-1)), logprobs.tokens.at(-1));
  },

  async guided_choice_and_json() {
    const one = await create({ temperature: 1, seed: 2, guided_choice: ["red", "green"] });
    assert.ok(["red", "green"].includes(one.choices[0].text));
    assert.equal(one.choices[0].finish_reason, "stop");
    const schema = { type: "object", properties: { age: { type: "integer", minimum: 1, maximum: 99 } }, required: ["age"] };
    const json = await create({ max_tokens: 40, temperature: 1, seed: 2, guided_json: schema });
    const { age } = JSON.parse(json.choices[0].text);
    assert.ok(Number.isInteger(age) && age >= 1 && age <= 99);
  },

  async default_is_16_tokens() {
    assert.equal((await create({})).usage.completion_tokens, 16);
  },

  async streaming_is_the_same_text() {
    const whole = await create({ max_tokens: 40 });
    const { chunks, text } = await gather(await create({ max_tokens: 40, stream: true }));
    assert.equal(text, whole.choices[0].text);
    const reasons = chunks.map((chunk) => chunk.choices[0].finish_reason);
    assert.equal(reasons.at(-1), "length");
    assert.ok(reasons.slice(0, -1).every((reason) => reason === null));
    assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
    assert.ok(chunks.every((chunk) => chunk.usage === undefined));
  },

  async streaming_with_usage() {
    const { chunks } = await gather(
      await create({ max_tokens: 8, stream: true, stream_options: { include_usage: true } }),
    );
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.equal(chunks.at(-1).usage.completion_tokens, 8);
  },

  async stop_string() {
    const whole = (await create({ max_tokens: 40 })).choices[0].text;
    const stop = whole.slice(20, 26);
    const [choice] = (await create({ max_tokens: 40, stop })).choices;
    assert.equal(choice.text, whole.slice(0, whole.indexOf(stop)));
    assert.equal(choice.finish_reason, "stop");
    assert.equal(choice.stop_reason, stop);
    const listed = await create({ max_tokens: 40, stop: ["no such text", stop] });
    assert.equal(listed.choices[0].text, choice.text);
  },

  async same_seed_same_text() {
    const draw = async (seed) => (await create({ temperature: 1, max_tokens: 32, seed })).choices[0].text;
    const [first, again, other] = await Promise.all([draw(7), draw(7), draw(8)]);
    assert.equal(first, again);
    assert.notEqual(first, other);
    assert.equal(await draw(-3), await draw(-3));
  },

  async several_prompts() {
    const prompt = ["The king", "Once upon a time", "A fox"];
    const together = await create({ prompt, max_tokens: 12 });
    assert.deepEqual(together.choices.map((choice) => choice.index), [0, 1, 2]);
    for (const [i, text] of prompt.entries()) {
      const alone = await create({ prompt: text, max_tokens: 12 });
      assert.equal(together.choices[i].text, alone.choices[0].text);
    }
    assert.equal(together.usage.completion_tokens, 36);
    const { chunks } = await gather(await create({ prompt, max_tokens: 12, stream: true }));
    const texts = ["", "", ""];
    for (const { choices } of chunks) texts[choices[0].index] += choices[0].text;
    assert.deepEqual(texts, together.choices.map((choice) => choice.text));
  },

  async token_ids() {
    const completion = await create({ prompt: [0, 5, 100], max_tokens: 4, return_token_ids: true });
    assert.equal(completion.usage.prompt_tokens, 3);
    assert.equal(completion.choices[0].token_ids.length, 4);
    const two = await create({ prompt: [[0, 5], [0, 5, 100]], max_tokens: 4 });
    assert.equal(two.usage.prompt_tokens, 5);
    assert.equal(two.choices[1].text, completion.choices[0].text);
  },

  async models() {
    const models = [];
    for await (const entry of client.models.list()) models.push(entry);
    assert.deepEqual(models.map((entry) => [entry.id, entry.object, entry.owned_by]), [[model, "model", "laser.serve"]]);
    assert.equal((await client.models.retrieve(model)).id, model);
  },

  async unknown_model() {
    for (const call of [() => create({ model: "other/model" }), () => client.models.retrieve("other/model")]) {
      await assert.rejects(call, (e) => {
        assert.ok(e instanceof NotFoundError);
        assert.equal(e.code, "model_not_found");
        assert.equal(e.param, "model");
        assert.match(e.message, /other\/model/);
        return true;
      });
    }
  },

  async bad_parameter() {
    for (const [parameters, param, code] of [
      [{ temperature: -1 }, "temperature", "invalid_value"],
      [{ top_p: 0 }, "top_p", "invalid_value"],
      [{ max_tokens: 1_000_000 }, "max_tokens", "invalid_value"],
      [{ max_tokens: "many" }, "max_tokens", "invalid_type"],
      [{ suffix: "the end" }, "suffix", "unsupported_parameter"],
      [{ best_of: 3 }, "best_of", "unsupported_value"],
      [{ tempreature: 1 }, "tempreature", "unknown_parameter"],
      [{ stop: ["x", ""] }, "stop[1]", "invalid_value"],
      [{ prompt: [[0], [999_999]] }, "prompt[1][0]", "invalid_value"],
      [{ prompt: "word ".repeat(5000) }, "prompt", "invalid_value"],
      [{ stream_options: { include_usage: true } }, "stream_options", "invalid_value"],
    ]) {
      for (const stream of param === "stream_options" ? [false] : [false, true]) {
        await assert.rejects(
          () => create({ ...parameters, stream }),
          (e) => {
            assert.ok(e instanceof BadRequestError, `${param}: ${e}`);
            assert.deepEqual([e.param, e.code, e.type], [param, code, "invalid_request_error"]);
            return true;
          },
        );
      }
    }
  },

  async abort_in_mid_stream_frees_the_blocks() {
    const load = () => client.get("/load");
    const { steps } = await load();
    const stream = await create({ prompt: Array(16).fill("Once upon a time"), temperature: 1, max_tokens: 1000, stream: true });
    for await (const chunk of stream) {
      assert.equal(chunk.choices.length, 1);
      stream.controller.abort();
    }
    for (;;) {
      const now = await load();
      if (now.running_sequences === 0 && now.used_blocks === 0) {
        assert.ok(now.steps - steps < 900, `${now.steps - steps} steps after an abort at the start`);
        break;
      }
      await sleep(20);
    }
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    await scenario();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`failed ${name}: ${String(error.stack ?? error).replaceAll("\n", " | ")}`);
  }
}
