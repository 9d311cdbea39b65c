#!/usr/bin/env bash
# Laser.Serve, llama.cpp and PyTorch on models of the same shape with random weights, in turn on this machine.
#   peers.sh [--quick] [--cache DIR] [--rounds-a N] [--rounds-b N] [--pause SECONDS] [--output FILE] [--json FILE] [--set KEY=VALUE]...
# --quick   shape A, one round of few steps (about 2 minutes): shows that everything works, measures nothing
# --cache   what is downloaded and the models, 8 GB (default: laser-peers in the temporary folder); is used again
# --output  the tables, Markdown (default: results/peers.md, or nothing with --quick); --json: the figures of all rounds
# --set     a setting of our engine, as Model:Threads=1
# A peer that cannot be had is named and left out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
cache=${TMPDIR:-/tmp}/laser-peers rounds_a=4 rounds_b=2 pause=3 quick= output=$here/../results/peers.md json= settings=()
command_line=peers/peers.sh
while (($#)); do
    case $1 in
        --quick) quick=1 rounds_a=1 rounds_b=0 pause=0 output= command_line+=' --quick' ;;
        --cache) cache=$2; shift ;;
        --rounds-a) rounds_a=$2 command_line+=" $1 $2"; shift ;;
        --rounds-b) rounds_b=$2 command_line+=" $1 $2"; shift ;;
        --pause) pause=$2 command_line+=" $1 $2"; shift ;;
        --output) output=$2; shift ;;
        --json) json=$2; shift ;;
        --set) settings+=(--set "$2") command_line+=" $1 $2"; shift ;;
        *) sed -n '2,9s/^# \?//p' "$0" >&2; exit 2 ;;
    esac
    shift
done
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_gcServer=0
program=$root/artifacts/bin/Laser.Serve.Benchmarks/release/Laser.Serve.Benchmarks
threads=$(nproc)
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
say() { printf '%s\n' "$*" >&2; }

# llama.cpp: the libraries of a package, and its headers from the source that another one carries.
fetch_llama() {
    local folder=$cache/llama packages=$cache/llama/node_modules
    libraries=$packages/@node-llama-cpp/linux-x64/bins/linux-x64
    [ "$(uname -sm)" = "Linux x86_64" ] || { say "llama.cpp: its packages are for Linux on x64"; return 1; }
    for tool in npm git gcc; do
        command -v $tool >/dev/null || { say "llama.cpp: there is no $tool"; return 1; }
    done
    if [ ! -d "$libraries" ]; then
        mkdir -p "$folder"
        echo '{"private": true}' >"$folder/package.json"
        # Scripts of packages are not run, and those for graphics cards, most of the bytes, are not fetched.
        npm install --prefix "$folder" --ignore-scripts --omit=optional --no-save --no-audit --no-fund --silent \
            node-llama-cpp @node-llama-cpp/linux-x64 || { say "llama.cpp: npm has no node-llama-cpp"; return 1; }
    fi
    if [ ! -d "$folder/source" ]; then
        git clone --quiet --depth 1 "$packages/node-llama-cpp/llama/gitRelease.bundle" "$folder/source" 2>/dev/null \
            || { say "llama.cpp: the package carries no source"; return 1; }
    fi
    gcc -O2 -Wall -Wextra -I"$folder/source/include" -I"$folder/source/ggml/include" "$here/llama_speed.c" \
        -o "$folder/llama_speed" "$libraries"/libllama.v*.so "$libraries"/libggml.v*.so "$libraries/libggml-base.so" \
        -Wl,-rpath,"$libraries" || { say "llama.cpp: llama_speed.c does not fit this version"; return 1; }
    version() { sed -n 's/^ *"'"$2"'": "\(.*\)",\?$/\1/p' "$1" | head -1; }
    llama_version="llama.cpp $(version "$packages/node-llama-cpp/llama/llama.cpp.info.json" tag)"
    llama_version+=" (node-llama-cpp $(version "$packages/@node-llama-cpp/linux-x64/package.json" version))"
}

find_torch() {
    if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-torch; } \
            >/dev/null 2>&1 || { say "PyTorch: python3-torch cannot be installed"; return 1; }
    fi
    torch_version="PyTorch $(dpkg-query -Wf '${Version}' python3-torch) of Debian, Python $(/usr/bin/python3 -c 'import platform; print(platform.python_version())')"
}

figures=$cache/figures.csv
: >"$figures"
record() { # SHAPE ROUND: takes lines of NAME,case,median,best
    sed -u "s/^/$1,$2,/" | tee -a "$figures" >&2
}

cases() { printf -- '--case %s ' "$@"; }

# All programs on some cases; ours has some more. What memory gives changes within half a minute: programs that are compared
# run close to each other.
compare() { # SHAPE ROUND CASES OWN-CASES
    local models=$cache/$1 status=0 cases=($3) own=($4)
    "$program" engine-speed --model "$models/laser" --label ours "${settings[@]}" $(cases "${cases[@]}" "${own[@]}") | record "$1" "$2"
    sleep "$pause"
    if [ "$has_llama" ]; then
        "$cache/llama/llama_speed" "$libraries" "$models/bf16.gguf" "$threads" 'llama.cpp bf16' "${cases[@]}" \
            2>"$cache/llama.log" | record "$1" "$2"
        sleep "$pause"
    fi
    if [ "$has_int8" ]; then
        "$program" engine-speed --model "$models/laser" --label 'ours int8' --set Model:Weights=int8 "${settings[@]}" \
            $(cases "${cases[@]}") > >(record "$1" "$2") || status=$?
        if [ $status = 3 ]; then
            say "int8: left out"
            has_int8=
        elif [ $status != 0 ]; then
            exit $status
        elif [ "$has_llama" ]; then
            sleep "$pause"
            "$cache/llama/llama_speed" "$libraries" "$models/q8_0.gguf" "$threads" 'llama.cpp q8_0' "${cases[@]}" \
                2>/dev/null | record "$1" "$2"
        fi
        sleep "$pause"
    fi
    if [ "$has_torch" ]; then
        OMP_WAIT_POLICY=active /usr/bin/python3 "$here/torch_speed.py" "$1" "$threads" 'PyTorch bf16' "${cases[@]}" | record "$1" "$2"
        sleep "$pause"
    fi
}

round() { # SHAPE ROUND
    compare "$1" "$2" "${decode_cases[*]}" "${decode_cases[*]/%/:drawn}"
    compare "$1" "$2" "${prefill_cases[*]}" ""
    "$program" engine-speed --model "$cache/$1/laser" --model "$cache/$1/softmax" --label 'both' "${settings[@]}" \
        $(cases "${variant_cases[@]}") | record "$1" "$2"
    sleep "$pause"
}

dotnet build -c Release -v quiet "$here/.." >&2
has_llama= has_torch= has_int8=1 llama_version= torch_version=
if fetch_llama; then has_llama=1; fi
if find_torch; then has_torch=1; fi
shapes=()
if ((rounds_a)); then shapes+=(A); fi
if ((rounds_b)); then shapes+=(B); fi
for shape in "${shapes[@]}"; do
    "$program" random-checkpoint --shape "$shape" --to "$cache/$shape" >&2
done

for ((i = 1; i <= rounds_a || i <= rounds_b; i++)); do
    if ((i <= rounds_a)); then
        say "shape A, round $i of $rounds_a"
        decode_cases=(decode:16:128:16 decode:8:128:24 decode:1:128:64)
        prefill_cases=(prefill:512:3 prefill:2048:1)
        variant_cases=(decode:8:128:24 decode:1:128:64 decode:1:4096:48)
        if [ "$quick" ]; then
            decode_cases=(decode:16:128:4 decode:8:128:4 decode:1:128:8)
            prefill_cases=(prefill:512:1)
            variant_cases=(decode:8:128:4 decode:1:128:8)
        fi
        round A "$i"
    fi
    if ((i <= rounds_b)); then
        say "shape B, round $i of $rounds_b"
        decode_cases=(decode:16:128:6 decode:8:128:8 decode:1:128:16)
        prefill_cases=(prefill:512:1 prefill:2048:1)
        variant_cases=(decode:8:128:8 decode:1:128:16)
        if ((i == 1)); then variant_cases+=(decode:1:4096:16); fi
        round B "$i"
    fi
done

commit=$(git -C "$root" describe --always --dirty)
"$program" peer-ratios --figures "$figures" --command "$command_line" --version-of "Laser.Serve $commit" \
    ${llama_version:+--version-of "$llama_version"} ${torch_version:+--version-of "$torch_version"} \
    ${json:+--json "$json"} ${output:+--output "$output"}
