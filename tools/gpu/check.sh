#!/usr/bin/env bash
# Checks the CUDA backend on this machine's device and prints a Markdown table, in the folder that pack.sh's archive holds:
#   check.sh [--quick] [PART...]       parts: contract numerics golden tokens generation streams speed sanitizer (default: all)
# Exit code 0 where all that must hold holds. --quick does a little of everything, to see that the script itself works.
# LASER_CUDA_PATH, where it is set, names the CUDA libraries. Logs stay in work/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
quick=false
if [ "${1:-}" = --quick ]; then quick=true; shift; fi
all=(contract numerics golden tokens generation streams speed sanitizer)
for part in "$@"; do
    [[ " ${all[*]} " == *" $part "* ]] || { echo "check.sh: no part '$part'; there are: ${all[*]}" >&2; exit 2; }
done
[ $# -gt 0 ] || set -- "${all[@]}"
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
backends=(Laser.Serve.Backends.Tests --argument '"Cuda')
check_contract() { # LinearTests runs as a whole, so it is not for --quick
    local name=Contract.
    if $quick; then name=Contract.DecoderStepTests; fi
    tests contract 1800 contract "${backends[@]}" --name $name
}
check_numerics() {
    local name=Numerics.
    if $quick; then name=Numerics.IdentityTests; fi
    tests numerics 1800 numerics "${backends[@]}" --name $name
}
check_golden() {
    local few=()
    if $quick; then few=(--argument yarn-rope); fi
    tests "golden parity" 900 golden Laser.Serve.Model.Tests --name Golden. --argument '"Cuda"' "${few[@]}"
}
check_tokens() {
    local few=()
    if $quick; then few=(--without "tokens: 256"); fi
    tests "tokens of the bundled model" 900 tokens Laser.Serve.Model.Tests --name GreedyText "${few[@]}"
}

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
stop() {
    local code=0
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" || code=$?
    server=
    [ $code -eq 0 ] || { echo "check.sh: the server ended with $code" >&2; return 1; }
}
small=() # nothing is measured at start, neither memory nor steps
if $quick; then small=(--Laser:Engine:TargetStepMilliseconds=0 --Laser:Engine:KvCacheMebibytes=64); fi

ask() { # DEVICE TOKENS: writes the text to work/DEVICE.txt, from a server of its own
    start "server-$1" --Laser:Model:Device="$1" --Laser:Model:Bf16Dot=off --Laser:Engine:CacheType=Float32 "${small[@]}" || return 1
    run laser generate "Once upon a time" --temperature 0 --max-tokens "$2" --address "$address" >"$work/$1.txt" 2>"$work/generate.log" \
        || { show "$work/generate.log"; return 1; }
    stop
}
check_generation() {
    local count=128 first
    if $quick; then count=8; fi
    local name="generation over gRPC, $count tokens"
    rm -rf "$work/kernels"
    if ! ask cuda $count; then row "$name" FAILED "see above"
    elif first=$ready; ! ask cpu $count; then row "$name" FAILED "the server on the processor, see above"
    elif cmp -s "$work/cuda.txt" "$work/cpu.txt"; then row "$name" ok "the processor's text; ready after $first s, kernels compiled"
    else row "$name" FAILED "another text than the processor's: work/cuda.txt, work/cpu.txt"; fi
}
check_streams() {
    local requests=512 load=(--prompt 64 --output 128) figure result=ok
    if $quick; then requests=32 load=(--warmup 0 --prompt 8 --output 4); fi
    if ! start server-streams --Laser:Model:Device=cuda "${small[@]}"; then row "32 streams" FAILED "see above"; return; fi
    if run laser bench --address "$address" --concurrency 32 --requests $requests "${load[@]}" --json "$work/bench.json" \
        >"$work/bench.log" 2>&1; then
        figure=$(python3 "$here/figures.py" bench "$work/bench.json" $requests) || result=FAILED
        stop || result=FAILED
        row "32 streams" $result "$figure; ready after $ready s"
    else show "$work/bench.log"; row "32 streams" FAILED "see above"; fi
}
check_speed() {
    local shape=B cache=2048 cases=(--case decode:1:512:256 --case decode:8:512:256 --case decode:32:512:256 --case prefill:2048:5)
    if $quick; then shape=tiny cache=64 cases=(--case decode:1:16:2 --case decode:8:16:2 --case decode:32:16:2 --case prefill:64:1); fi
    local model=$work/random-$shape name figure
    if run Laser.Serve.Benchmarks random-checkpoint --shape $shape --to "$model" --no-gguf >"$work/speed.log" 2>&1 &&
        run Laser.Serve.Benchmarks engine-speed --model "$model/laser" "${cases[@]}" --set Model:Device=cuda \
            --set Model:KernelCache="$work/kernels" --set Engine:KvCacheMebibytes=$cache >"$work/speed.log" 2>&1 &&
        python3 "$here/figures.py" speed "$work/speed.log" "$model/laser" >"$work/speed.rows"; then
        while IFS=$'\t' read -r name figure; do row "speed: $name" "-" "$figure"; done <"$work/speed.rows"
    else show "$work/speed.log"; row "speed, shape $shape" FAILED "see above"; fi
}
check_sanitizer() { # slow under the tool: a few tests that run every kind of kernel
    local sanitizer log tool
    sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | tail -n 1 || true)
    if [ -z "$sanitizer" ]; then row compute-sanitizer "not here" "it is part of CUDA's toolkit"; return; fi
    for tool in memcheck racecheck initcheck synccheck; do
        log=$work/$tool.log
        if timeout 900 "$sanitizer" --tool $tool --error-exitcode 9 --target-processes all "$DOTNET_ROOT/dotnet" \
            "$app/Laser.Serve.DeviceCheck.dll" test "${backends[@]}" --name DecoderStepTests --serial --log "$log.tests" >"$log" 2>&1; then
            row $tool ok "$(grep -m 1 SUMMARY "$log" || tail -n 1 "$log")"
        elif grep -q "evice not supported" "$log"; then row $tool "not here" "refused on this machine"
        else show "$log"; row $tool FAILED "$(grep -m 1 SUMMARY "$log" || tail -n 1 "$log")"; fi
    done
}

for part in "$@"; do
    "check_$part"
    # Where a part failed half-way.
    if [ -n "$server" ]; then stop || true; fi
done
exit $failed
