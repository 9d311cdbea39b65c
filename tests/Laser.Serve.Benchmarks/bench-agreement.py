#!/usr/bin/python3
"""Whether `laser bench` agrees with a client that shares no code with it.

    dotnet build -c Release src/Laser.Cli && tests/Laser.Serve.Benchmarks/bench-agreement.py [SECONDS]

The other client is this file on grpcio (C core), and measures what ghz measures: a closed loop of Generate streams, each timed as a whole,
its messages known from server reflection. Both put the same load on one server at the same time, each with its own clients, so that whatever
else the machine does, it does to both. Counted are the calls of the other that began while the level of laser bench ran.
"""
import datetime
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
CLIENTS = (1, 4, 16)
PROMPT, OUTPUT = 64, 64


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
    """The other client: so many threads, each of which calls until it is told to stop."""

    def __init__(self, address, clients):
        # A connection for each, as ghz has it with --connections.
        self.channels = [grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(clients)]
        self.request, self.response = reflect(self.channels[0])
        self.salt = uuid.uuid4().hex
        self.calls = []
        self.failure = None
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(channel,)) for channel in self.channels]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        for channel in self.channels:
            channel.close()

    def run(self, channel):
        generate = channel.unary_stream(METHOD, self.request.SerializeToString, self.response.FromString)
        try:
            while not self.stopping.is_set():
                message = self.create()
                began, start = time.time(), time.perf_counter()
                tokens = sum(len(answer.token_ids) for answer in generate(message))
                self.calls.append((began, time.perf_counter() - start, tokens))
        except grpc.RpcError as error:
            self.failure = error

    def create(self):
        message = self.request(max_tokens=OUTPUT)
        message.prompt_token_ids.ids.extend(random.randrange(64) for _ in range(PROMPT))
        message.stop.ignore_eos = True
        message.cache.salt = self.salt
        return message

    def figures(self, began, seconds):
        """Of the calls that began in a time."""
        calls = [call for call in self.calls if began <= call[0] < began + seconds]
        if self.failure or any(tokens != OUTPUT for _, _, tokens in calls):
            sys.exit(f"A call of grpcio failed, or an answer was not {OUTPUT} tokens long: {self.failure}")
        times = sorted(time for _, time, _ in calls)
        quantiles = {f"p{part}, ms": times[math.ceil(part / 100 * len(times)) - 1] * 1e3 for part in (50, 90, 99)}
        return {"requests/s": len(calls) / seconds, "mean, ms": statistics.mean(times) * 1e3, **quantiles}


def run_bench(address, clients, seconds):
    """The level that laser bench measured."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "bench.json")
        subprocess.run(
            [os.path.join(PROGRAMS, "laser"), "bench", "--address", f"http://{address}", "--concurrency", str(clients),
             "--duration", str(seconds), "--prompt", str(PROMPT), "--output", str(OUTPUT), "--json", report],
            check=True, stdout=subprocess.DEVNULL)
        with open(report, encoding="utf-8") as file:
            level = json.load(file)["levels"][0]
    if level["finished"] != level["requests"] or level["short"]:
        sys.exit("A call of laser bench failed, or an answer was too short.")
    return level


def figures_of(level):
    total = {name: level["total"][key] * 1e3
             for name, key in (("mean, ms", "mean"), ("p50, ms", "median"), ("p90, ms", "p90"), ("p99, ms", "p99"))}
    return {"requests/s": level["requestsPerSecond"], **total}


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    server, address = start_server()
    try:
        print("| clients of each | figure | laser bench | grpcio | laser bench / grpcio |\n|---:|---|---:|---:|---:|")
        for clients in CLIENTS:
            with Witness(address, clients) as witness:
                level = run_bench(address, clients, seconds)
            began = datetime.datetime.fromisoformat(level["started"]).timestamp()
            theirs = witness.figures(began, level["seconds"])
            for figure, ours in figures_of(level).items():
                print(f"| {clients} | {figure} | {ours:.1f} | {theirs[figure]:.1f} | {ours / theirs[figure]:.2f} |", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
