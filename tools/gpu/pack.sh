#!/usr/bin/env bash
# Packs what runs and checks the server on a machine with a GPU and Python 3, without .NET and without network:
#   pack.sh [FILE]        (default: artifacts/gpu/laser-gpu.tar.xz)
# In it: server, client, benchmarks, tests of the device and the bundled model in one folder, and one .NET runtime for all of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
limit_mib=64
fail() { echo "pack.sh: $*" >&2; exit 1; }
command -v dotnet >/dev/null || fail "the .NET SDK is not on PATH"

# Not zstd: Python unpacks it only from 3.14 on, and a machine without xz has Python.
if command -v xz >/dev/null; then suffix=xz compress=(xz -6 -T0 -c); else suffix=gz compress=(gzip -9 -c); fi
out=$(realpath -m "${1:-artifacts/gpu/laser-gpu.tar.$suffix}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
top=$work/laser-gpu app=$work/laser-gpu/app runtime=$work/laser-gpu/dotnet

# Programs use one build of what they share, so they can share a folder. Laser.Cli brings the server with it. Untrimmed: tests find what
# they run by reflection. Symbols stay, for the lines in stack traces.
for project in src/Laser.Cli tests/Laser.Serve.Benchmarks tests/Laser.Serve.DeviceCheck; do
    dotnet publish "$project" --configuration Release --output "$app" --nologo --verbosity quiet -p:UseAppHost=false \
        -p:SatelliteResourceLanguages=en -p:PublishDocumentationFile=false -p:PublishReferencesDocumentationFiles=false \
        >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "$project cannot be published"; }
done
# What only building and other tests need.
rm -rf "$app"/golden-xtransformers "$app"/emulation "$app"/Microsoft.TestPlatform.* "$app"/Microsoft.VisualStudio.TestPlatform.* \
    "$app"/xunit.runner.visualstudio.* "$app"/*.xml

# The runtime this SDK runs on; programs start with its dotnet.
copy_runtime() { # NAME
    local version folder
    read -r version folder < <(dotnet --list-runtimes | sed -n "s/^$1 \(10\.[^ ]*\) \[\(.*\)\]$/\1 \2/p" | sort -V | tail -n 1) \
        || fail "there is no $1 10 beside the SDK"
    mkdir -p "$runtime/shared/$1" "$runtime/host/fxr"
    cp -r "$folder/$version" "$runtime/shared/$1/"
    root=$(realpath "$folder/../..")
    if [ "$1" = Microsoft.NETCore.App ]; then cp -r "$root/host/fxr/$version" "$runtime/host/fxr/"; fi
}
copy_runtime Microsoft.NETCore.App
copy_runtime Microsoft.AspNetCore.App
cp "$root/dotnet" "$root"/LICENSE.txt "$root"/ThirdPartyNotices.txt "$runtime/"
cp tools/gpu/check.sh tools/gpu/figures.py tools/gpu/README.md "$top/"

mkdir -p "$(dirname "$out")"
tar -C "$work" --owner=0 --group=0 --sort=name -cf - laser-gpu | "${compress[@]}" >"$out.partial"
size=$(stat -c %s "$out.partial")
[ "$size" -lt $((limit_mib << 20)) ] || fail "$((size >> 20)) MiB are more than $limit_mib: $out.partial"
mv "$out.partial" "$out"
echo "$out: $(awk "BEGIN { printf \"%.1f\", $size / 1048576 }") MiB ($(du -sm "$top" | cut -f 1) MiB unpacked)"
