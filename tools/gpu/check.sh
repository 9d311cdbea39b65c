#!/usr/bin/env bash
# Checks the CUDA backend on this machine's device and prints a Markdown table: check.sh [--quick], in the folder that pack.sh's archive
# holds. Exit code 0 where all that must hold holds. --quick does a little of everything, to see that the script itself works.
# LASER_CUDA_PATH, where it is set, names the CUDA libraries. Logs stay in work/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
quick=false
case "${1:-}" in
    --quick) quick=true ;;
    "") ;;
    *) echo "check.sh: '$1' is unknown; there is only --quick" >&2; exit 2 ;;
esac
app=$here/app work=$here/work
export DOTNET_ROOT=$here/dotnet DOTNET_NOLOGO=1 LASER_TEST_DEVICE=cuda
[ -x "$DOTNET_ROOT/dotnet" ] || { echo "check.sh: no dotnet/ beside it; it runs where pack.sh's archive was unpacked" >&2; exit 2; }
command -v python3 >/dev/null || { echo "check.sh: python3 is not on PATH" >&2; exit 2; }
mkdir -p "$work"
run() { local program=$1; shift; "$DOTNET_ROOT/dotnet" "$app/$program.dll" "$@"; }

failed=0 server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT
row() { # CHECK RESULT FIGURE
    printf '| %s | %s | %s |\n' "$1" "$2" "$3"
    if [ "$2" = FAILED ]; then failed=1; fi
}
show() { echo "--- end of $1" >&2; tail -n 40 "$1" >&2; } # LOG

# NVRTC of a toolkit, or of NVIDIA's packages for the Python that is here; the driver's library is where the loader finds it.
find_nvrtc() {
    python3 - <<'PYTHON'
import glob, os, sys
patterns = [os.path.join(p, "nvidia", "*", "lib") for p in sys.path if p]
patterns += ["/usr/local/cuda*/lib64", "/usr/local/cuda*/targets/x86_64-linux/lib", "/usr/lib/x86_64-linux-gnu"]
found = [f for version in ("13", "12") for p in patterns for f in sorted(glob.glob(f"{p}/libnvrtc.so.{version}"))]
print(os.path.dirname(found[0]) if found else "")
PYTHON
}
if [ -z "${LASER_CUDA_PATH:-}" ]; then
    LASER_CUDA_PATH=$(find_nvrtc)
    export LASER_CUDA_PATH
fi

echo "| check | result | figure |"
echo "|---|---|---|"
if ! device=$(run Laser.Serve.DeviceCheck device 2>"$work/device.log"); then
    row "driver, NVRTC, device" FAILED "${device:-$(head -n 1 "$work/device.log")}"
    exit 1
fi
row "driver, NVRTC, device" ok "$device"

tests() { # NAME SECONDS LOG ARGUMENT...
    local name=$1 limit=$2 log=$work/$3.log code=0
    shift 3
    timeout "$limit" "$DOTNET_ROOT/dotnet" "$app/Laser.Serve.DeviceCheck.dll" test "$@" --log "$log.tests" >"$log" 2>&1 || code=$?
    case $code in
        0) row "$name" ok "$(tail -n 1 "$log")" ;;
        124) row "$name" FAILED "no end after $limit s; last: $(tail -n 1 "$log.tests")" ;;
        *) row "$name" FAILED "$(tail -n 1 "$log")"; show "$log" ;;
    esac
}
if $quick; then contract=DecoderStepTests numerics=IdentityTests few=(--without "tokens: 256" --without ManySteps) golden=yarn-rope
else contract=Contract. numerics=Numerics. few=() golden=; fi
backends=(Laser.Serve.Backends.Tests --contains '"Cuda')
tests "contract" 1800 contract "${backends[@]}" --contains "$contract"
tests "numerics" 1800 numerics "${backends[@]}" --contains "$numerics"
tests "golden parity" 900 golden Laser.Serve.Model.Tests --contains Golden. --contains '"Cuda"' ${golden:+--contains "$golden"}
tests "tokens of the bundled model as on the processor" 900 greedy Laser.Serve.Model.Tests --contains GreedyText "${few[@]}"

start() { # LOG ARGUMENT...: sets server, address and the seconds it took
    local log=$work/$1.log ports
    shift
    ports=($(python3 -c 'import socket; s = [socket.create_server(("127.0.0.1", 0)) for _ in "ab"]; print(*[x.getsockname()[1] for x in s])'))
    address=http://127.0.0.1:${ports[0]}
    SECONDS=0
    "$DOTNET_ROOT/dotnet" "$app/Laser.Serve.dll" --grpc-port "${ports[0]}" --http-port "${ports[1]}" \
        --Laser:Model:KernelCache="$work/kernels" "$@" >"$log" 2>&1 &
    server=$!
    until run laser health --address "$address" >/dev/null 2>&1; do
        if ! kill -0 "$server" 2>/dev/null || [ $SECONDS -gt 300 ]; then
            echo "check.sh: the server does not serve" >&2
            show "$log"
            return 1
        fi
        sleep 0.2
    done
    ready=$SECONDS
}
stop() { kill -TERM "$server" && wait "$server"; server=; }
if $quick; then count=8 steps=(--Laser:Engine:TargetStepMilliseconds=0); else count=128 steps=(); fi
exact=(--Laser:Model:Bf16Dot=off --Laser:Engine:CacheType=Float32 "${steps[@]}")
ask() { # DEVICE: the text, from a server of its own
    start "server-$1" --Laser:Model:Device="$1" "${exact[@]}" || return 1
    run laser generate "Once upon a time" --temperature 0 --max-tokens "$count" --address "$address" >"$work/$1.txt" 2>"$work/generate.log" \
        || { show "$work/generate.log"; return 1; }
    stop
}
rm -rf "$work/kernels"
generate="generation over gRPC, $count tokens"
if ! ask cuda; then row "$generate" FAILED "see above"
elif first=$ready; ! ask cpu; then row "$generate" FAILED "the server on the processor, see above"
elif cmp -s "$work/cuda.txt" "$work/cpu.txt"; then row "$generate" ok "the processor's text; server ready after $first s, kernels compiled"
else row "$generate" FAILED "another text than the processor's: $work/cuda.txt, cpu.txt"; fi
[ -z "$server" ] || stop || true

if $quick; then load=(--requests 32 --warmup 0 --prompt 8 --output 4) requests=32; else load=(--requests 512 --prompt 64 --output 128) requests=512; fi
if ! start server-bench --Laser:Model:Device=cuda "${steps[@]}"; then row "32 streams" FAILED "see above"
elif ! run laser bench --address "$address" --concurrency 32 "${load[@]}" --json "$work/bench.json" >"$work/bench.log" 2>&1; then
    show "$work/bench.log"
    row "32 streams" FAILED "see above"
else
    if figure=$(python3 "$here/figures.py" bench "$work/bench.json" "$requests"); then result=ok; else result=FAILED; fi
    row "32 streams" $result "$figure; server ready after $ready s, kernels kept"
    stop || row "end of the server" FAILED "exit code $?"
fi

if $quick; then shape=tiny cache=64 cases=(--case decode:1:16:2 --case decode:8:16:2 --case decode:32:16:2 --case prefill:64:1)
else shape=B cache=2048 cases=(--case decode:1:512:256 --case decode:8:512:256 --case decode:32:512:256 --case prefill:2048:5); fi
model=$work/random-$shape
if run Laser.Serve.Benchmarks random-checkpoint --shape "$shape" --to "$model" --no-gguf >"$work/checkpoint.log" 2>&1 &&
    run Laser.Serve.Benchmarks engine-speed --model "$model/laser" "${cases[@]}" --set Model:Device=cuda \
        --set Model:KernelCache="$work/kernels" --set Engine:KvCacheMebibytes="$cache" >"$work/speed.log" 2>&1 &&
    lines=$(python3 "$here/figures.py" speed "$work/speed.log" "$model/laser"); then
    while IFS=$'\t' read -r name figure; do row "speed: $name" "-" "$figure"; done <<<"$lines"
else
    show "$work/checkpoint.log"
    [ ! -e "$work/speed.log" ] || show "$work/speed.log"
    row "speed, shape $shape" FAILED "see above"
fi

# Slow under the tool: single tests, each of which runs every kernel.
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | tail -n 1 || true)
[ -n "$sanitizer" ] || row "compute-sanitizer" "not here" "it is part of CUDA's toolkit"
for tool in ${sanitizer:+memcheck racecheck initcheck synccheck}; do
    log=$work/$tool.log
    if timeout 900 "$sanitizer" --tool "$tool" --error-exitcode 9 --target-processes all "$DOTNET_ROOT/dotnet" \
        "$app/Laser.Serve.DeviceCheck.dll" test "${backends[@]}" --contains DecoderStepTests --serial --log "$log.tests" >"$log" 2>&1; then
        row "$tool" ok "$(grep -m 1 'ERROR SUMMARY\|RACECHECK SUMMARY' "$log" || tail -n 1 "$log")"
    elif grep -q "Device not supported\|not supported on this" "$log"; then row "$tool" "not here" "refused on this machine"
    else row "$tool" FAILED "$(grep -m 1 'SUMMARY' "$log" || tail -n 1 "$log")"; show "$log"; fi
done
exit $failed
