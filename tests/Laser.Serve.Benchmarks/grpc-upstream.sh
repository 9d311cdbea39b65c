#!/usr/bin/env bash
# Our gRPC layer and the packages it stands in for, measured by the same program in turn.
#   grpc-upstream.sh [ROUNDS [SECONDS]]     prints the median of each figure for both, and ours by theirs
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} seconds=${2:-2}
project=tests/Laser.Serve.Benchmarks
program=bin/Laser.Serve.Benchmarks/release/Laser.Serve.Benchmarks
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

dotnet build -c Release -v quiet "$project"
dotnet build -c Release -v quiet -p:UseUpstreamPackages=true "$project"
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for ((round = 1; round <= rounds; round++)); do
    echo "round $round of $rounds" >&2
    artifacts/$program grpc --seconds "$seconds" | sed -n 's/^\(unary\|stream\),/ours,\1,/p' >>"$results"
    artifacts/upstream/$program grpc --seconds "$seconds" | sed -n 's/^\(unary\|stream\),/packages,\1,/p' >>"$results"
done

awk -F, '
    function median(list,    n, i, j, t, a) {
        n = split(list, a, " ")
        for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
        return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
    }
    { for (i = 4; i <= 8; i++) values[$1, $2, $3, i] = values[$1, $2, $3, i] " " $i }
    END {
        split("x x x per second|x server CPU, us|x client CPU, us|x server allocates, bytes|x client allocates, bytes", names, "|")
        print "| what | at once | figure | ours | packages | ours / packages |"
        print "|---|---|---|---|---|---|"
        split("unary stream", whats, " "); split("1 32", counts, " ")
        for (w = 1; w <= 2; w++) for (c = 1; c <= 2; c++) for (i = 4; i <= 8; i++) {
            name = names[i - 3]; gsub(/^(x )+/, "", name)
            ours = median(values["ours", whats[w], counts[c], i]); theirs = median(values["packages", whats[w], counts[c], i])
            printf "| %s | %s | %s | %.1f | %.1f | %.2f |\n", whats[w], counts[c], name, ours, theirs, theirs ? ours / theirs : 0
        }
    }' "$results"
