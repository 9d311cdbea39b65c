#!/usr/bin/python3
"""Whether `laser bench` agrees with a client that shares no code with it.

    dotnet build -c Release src/Laser.Cli && tests/Laser.Serve.Benchmarks/bench-agreement.py [ROUNDS [REQUESTS]]

The other client is this file on grpcio (C core), and measures what ghz measures: a closed loop of Generate streams, each timed as a whole,
messages found by server reflection. Both put the same load on one server, in turn; the table has the median of the rounds for each figure.
"""
import json
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = os.path.join(ROOT, "artifacts/bin/Laser.Cli/release")
METHOD = "/laser.serve.v1.Generation/Generate"
CLIENTS = (1, 8, 32)
PROMPT, OUTPUT, WARM_UP = 64, 64, 32


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_server():
    grpc_port, http_port = free_port(), free_port()
    server = subprocess.Popen(
        [os.path.join(PROGRAMS, "Laser.Serve"), "--grpc-port", str(grpc_port), "--http-port", str(http_port)],
        stdout=subprocess.DEVNULL)
    while True:
        if server.poll() is not None:
            sys.exit("The server ended while it started.")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{http_port}/readyz", timeout=5):
                return server, f"127.0.0.1:{grpc_port}"
        except OSError:
            time.sleep(0.1)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def byte_fields(data, number):
    """The length-delimited fields of a message with a number."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == 2:
            if key >> 3 == number:
                yield data[at:at + value]
            at += value


def reflect(channel):
    """The message classes of the service, as the server describes them."""
    symbol = b"laser.serve.v1.Generation"
    ask = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", bytes, bytes)
    answer = next(ask(iter([b"\x22" + bytes([len(symbol)]) + symbol])))
    pool = descriptor_pool.DescriptorPool()
    for response in byte_fields(answer, 4):
        for file in byte_fields(response, 1):
            pool.Add(descriptor_pb2.FileDescriptorProto.FromString(file))
    factory = message_factory.MessageFactory(pool)
    return [factory.GetPrototype(pool.FindMessageTypeByName(f"laser.serve.v1.{name}"))
            for name in ("GenerateRequest", "GenerateResponse")]


class Witness:
    """The other client."""

    def __init__(self, address):
        # One connection for each client, as ghz has it with --connections; they are opened by the warm-up.
        self.channels = [grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(max(CLIENTS))]
        self.request, response = reflect(self.channels[0])
        self.calls = [channel.unary_stream(METHOD, self.request.SerializeToString, response.FromString) for channel in self.channels]

    def run(self, clients, requests):
        salt = uuid.uuid4().hex
        messages = iter([self.create(salt) for _ in range(requests)])
        times, tokens = [], []

        def client(call):
            while True:
                try:
                    message = next(messages)
                except StopIteration:
                    return
                start = time.perf_counter()
                count = sum(len(answer.token_ids) for answer in call(message))
                times.append(time.perf_counter() - start)
                tokens.append(count)

        threads = [threading.Thread(target=client, args=(call,)) for call in self.calls[:clients]]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
        if tokens != [OUTPUT] * requests:
            sys.exit(f"{requests - len(tokens)} calls failed, or answers were not {OUTPUT} tokens long.")
        times.sort()
        return {
            "requests/s": requests / seconds,
            "tokens/s": sum(tokens) / seconds,
            "mean, ms": statistics.mean(times) * 1e3,
            "p50, ms": times[math.ceil(0.5 * requests) - 1] * 1e3,
            "p90, ms": times[math.ceil(0.9 * requests) - 1] * 1e3,
            "p99, ms": times[math.ceil(0.99 * requests) - 1] * 1e3,
        }

    def create(self, salt):
        message = self.request(max_tokens=OUTPUT)
        message.prompt_token_ids.ids.extend(random.randrange(64) for _ in range(PROMPT))
        message.stop.ignore_eos = True
        message.cache.salt = salt
        return message


def run_bench(address, clients, requests):
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "bench.json")
        subprocess.run(
            [os.path.join(PROGRAMS, "laser"), "bench", "--address", f"http://{address}", "--concurrency", str(clients),
             "--requests", str(requests), "--prompt", str(PROMPT), "--output", str(OUTPUT), "--warmup", str(WARM_UP), "--json", report],
            check=True, stdout=subprocess.DEVNULL)
        with open(report, encoding="utf-8") as file:
            level = json.load(file)["levels"][0]
    if level["finished"] != requests or level["short"]:
        sys.exit(f"{requests - level['finished']} calls of laser bench failed.")
    total = {name: level["total"][key] * 1e3
             for name, key in (("mean, ms", "mean"), ("p50, ms", "median"), ("p90, ms", "p90"), ("p99, ms", "p99"))}
    return {"requests/s": level["requestsPerSecond"], "tokens/s": level["outputTokensPerSecond"], **total}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    requests = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    server, address = start_server()
    try:
        witness = Witness(address)
        print("| clients | figure | laser bench | grpcio | laser bench / grpcio |\n|---:|---|---:|---:|---:|")
        for clients in CLIENTS:
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(run_bench(address, clients, requests))
                witness.run(max(CLIENTS), WARM_UP)
                theirs.append(witness.run(clients, requests))
            for figure in ours[0]:
                a, b = (statistics.median(run[figure] for run in runs) for runs in (ours, theirs))
                print(f"| {clients} | {figure} | {a:.1f} | {b:.1f} | {a / b:.2f} |", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
