#!/usr/bin/env bash
# Two servers under load from one client that goes round them; one after the other is ended with SIGTERM and started again.
#   rolling-restart.sh [SECONDS BETWEEN RESTARTS]
# First with time to drain: no request may fail. Then without: only what was cut may fail, with ABORTED behind the text so far.
# Needs a build (dotnet build -c Release); loads loopback only.
set -euo pipefail
cd "$(dirname "$0")/../.."
pause=${1:-4}
work=$(mktemp -d)
declare -A server=()
trap 'kill "${server[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

laser=(artifacts/bin/Laser.Cli/release/laser)
address() { echo "http://127.0.0.1:$1"; }

start() { # PORT DRAIN
    artifacts/bin/Laser.Serve/release/Laser.Serve --grpc-port "$1" --http-port $(($1 + 1)) --Laser:DrainSeconds="$2" \
        >"$work/$1.log" 2>&1 &
    server[$1]=$!
    for _ in {1..300}; do
        "${laser[@]}" health --address "$(address "$1")" >/dev/null 2>&1 && return
        kill -0 "${server[$1]}" || break
        sleep 0.1
    done
    cat "$work/$1.log" >&2
    return 1
}

stop() { # PORT
    kill -TERM "${server[$1]}"
    wait "${server[$1]}" || { echo "The server on port $1 ended with $?." >&2; cat "$work/$1.log" >&2; return 1; }
}

# Free ports, two side by side for each server.
ports=($(node -e '
    const net = require("net"), free = (port) => new Promise((done) => { const s = net.createServer();
        s.on("error", () => done(false)).listen(port, "127.0.0.1", () => s.close(() => done(true))); });
    (async () => { const found = [];
        for (let port = 20000 + Math.floor(Math.random() * 20000); found.length < 2; port += 2)
            if (await free(port) && await free(port + 1)) found.push(port);
        console.log(found.join(" ")); })();'))

rehearse() { # DRAIN ALLOWED-STATUS
    local port
    for port in "${ports[@]}"; do start "$port" "$1"; done
    # Answers of different lengths, so that clients are not in step: there is always something to cut.
    "${laser[@]}" bench --address "$(address "${ports[0]}")" --address "$(address "${ports[1]}")" --retries 4 --concurrency 8 \
        --duration $((5 * pause)) --prompt 32 --output lognormal:400,0.5,800 --json "$work/bench.json" >"$work/bench.txt" 2>&1 &
    local bench=$!
    for port in "${ports[@]}"; do
        sleep "$pause"
        stop "$port"
        start "$port" "$1"
    done
    wait "$bench" || { cat "$work/bench.txt" >&2; return 1; }
    for port in "${ports[@]}"; do stop "$port"; done
    node -e '
        const [file, drain, allowed] = process.argv.slice(1);
        const { finished, failed, failures, seconds } = JSON.parse(require("fs").readFileSync(file)).levels[0];
        const list = Object.entries(failures).map(([status, { count }]) => `${count} ${status}`).join(", ") || "none";
        console.log(`two restarts in ${seconds.toFixed(0)} s, ${drain} s to drain: ${finished} requests finished, failed: ${list}`);
        const wrong = Object.keys(failures).filter((status) => status !== allowed);
        if (finished < 10 || wrong.length || (allowed !== "" && failed === 0)) { console.log("That must not be."); process.exit(1); }
    ' "$work/bench.json" "$1" "$2"
}

rehearse 30 ""
rehearse 0 ABORTED
