#!/usr/bin/env bash
# Builds the Dockerfile without a container engine and without its base images, and runs what comes out: Debian's buildah with chroot
# isolation, on bases made from debootstrap and the .NET SDK of this machine. What it cannot see is what the real bases bring.
#
#     tests/Image/build.sh [cpu|cuda]      needs root, buildah and debootstrap; ends with 77 where it cannot have what it stands on
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:-cpu}
export BUILDAH_ISOLATION=chroot
work=$(mktemp -d)
# Storage of its own, so that nothing of anybody else's is touched or used.
export CONTAINERS_STORAGE_CONF="$work/storage.conf"
storage() { printf '[storage]\ndriver = "%s"\nrunroot = "%s/run"\ngraphroot = "%s/images"\n' "$1" "$work" "$work" > "$CONTAINERS_STORAGE_CONF"; }
storage overlay
# Copies of everything, where a file system cannot be laid over another.
buildah info >/dev/null 2>&1 || { rm -rf "$work/run" "$work/images"; storage vfs; }
server=
root=
finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
    [ -z "$root" ] || umount --recursive "$root" 2>/dev/null || true
    buildah rm --all >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
skip() { printf 'Skipped, because %s\n' "$1"; exit 77; }
say() { printf -- '--- %s (%d s)\n' "$1" "$SECONDS"; }
fail() { printf 'FAILED: %s\n' "$1" >&2; exit 1; }

command -v buildah debootstrap >/dev/null || skip "buildah and debootstrap are not there"
mkdir "$work/probe"
{ mount -t tmpfs tmpfs "$work/probe" && umount "$work/probe" && chroot / true; } 2>/dev/null || skip "this user may not mount"

dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")

say "stand-in bases"
debootstrap --variant=minbase --include=ca-certificates,libstdc++6,libssl3,zlib1g bookworm "$work/debian" >"$work/debootstrap.log" 2>&1 \
    || { tail -5 "$work/debootstrap.log"; skip "debootstrap had no success"; }
cp -a /etc/ssl/certs/. "$work/debian/etc/ssl/certs/"
# $1: name, then what of .NET is in it.
base() {
    local name=$1 part container; shift
    container=$(buildah from scratch)
    buildah add -q "$container" "$work/debian" / >/dev/null
    for part in "$@"; do
        buildah add -q "$container" "$dotnet_root/$part" "/usr/share/dotnet/$part" >/dev/null
    done
    buildah config --env PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/share/dotnet --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 \
        --env SSL_CERT_DIR=/etc/ssl/certs "$container"
    buildah commit -q "$container" "localhost/$name" >/dev/null
    buildah rm "$container" >/dev/null
}
base dotnet dotnet host shared
if [ "$target" = cuda ]; then base cuda; fi

say "the Dockerfile, target $target"
# The SDK, and the package sources and packages of this machine, are lent to the build, not copied.
mkdir -p "$HOME/.nuget"
buildah bud --layers=false --format docker --pull-never --target "$target" --tag "localhost/laser-serve:$target" \
    --build-arg SDK=localhost/dotnet --build-arg RUNTIME=localhost/dotnet --build-arg CUDA_RUNTIME=localhost/cuda \
    --build-arg REVISION="$(git rev-parse HEAD)" --volume "$HOME/.nuget:/root/.nuget" \
    --volume "$dotnet_root/sdk:/usr/share/dotnet/sdk:ro" --volume "$dotnet_root/packs:/usr/share/dotnet/packs:ro" \
    . >"$work/build.log" 2>&1 || { tail -30 "$work/build.log"; fail "the build"; }

say "what the image says of itself"
buildah inspect --type image "localhost/laser-serve:$target" > "$work/config.json"
/usr/bin/python3 - "$work/config.json" "$(git rev-parse HEAD)" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))['Docker']['config']
labels = config['Labels']
assert config['User'] == '1654:1654', config['User']
assert config['Entrypoint'] == ['/app/Laser.Serve'] and not config.get('Cmd'), config
assert config['Healthcheck']['Test'][:3] == ['CMD', '/app/laser', 'health'], config['Healthcheck']
assert set(config['ExposedPorts']) == {'50051/tcp', '8080/tcp', '50052/tcp'}
assert labels['org.opencontainers.image.revision'] == sys.argv[2] and labels['org.opencontainers.image.version'], labels
PYTHON
container=$(buildah from --pull-never "localhost/laser-serve:$target")
root=$(buildah mount "$container")
printf 'application: %s\n' "$(du -sh "$root/app" | cut -f1)"
for unwanted in source root/.nuget app/Laser.Serve.xml; do
    [ ! -e "$root/$unwanted" ] || [ -z "$(ls -A "$root/$unwanted")" ] || fail "the image contains $unwanted"
done

say "run it: user 1654, read-only root, no shell"
# The real base has none.
rm -f "$root"/usr/bin/sh "$root"/usr/bin/dash "$root"/usr/bin/bash
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
# The environment of the image, and ports that are likely free.
mapfile -t environment < <(/usr/bin/python3 -c 'import json, sys; print("\n".join(json.load(open(sys.argv[1]))["Docker"]["config"]["Env"]))' "$work/config.json")
inside() { exec env -i "${environment[@]}" "$@"; }
grpc=$((20000 + RANDOM % 10000)); http=$((grpc + 1)); health=$((grpc + 2))
inside Laser__Grpc__Address=127.0.0.1 Laser__Http__Address=127.0.0.1 Laser__Grpc__Port=$grpc Laser__Http__Port=$http Laser__Health__Port=$health \
    chroot --userspec=1654:1654 "$root" /app/Laser.Serve > "$work/server.log" 2>&1 &
server=$!
laser() (inside chroot --userspec=1654:1654 "$root" /app/laser "$@")
for _ in $(seq 60); do
    if laser health --address "http://127.0.0.1:$health" >/dev/null 2>&1; then break; fi
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log"; fail "the server ended"; }
    sleep 1
done
laser health --address "http://127.0.0.1:$health" || { cat "$work/server.log"; fail "not healthy"; }
laser generate "Once upon a time" --max-tokens 8 --address "http://127.0.0.1:$grpc"

say "SIGTERM"
kill -TERM "$server"
wait "$server" && status=0 || status=$?
server=
[ "$status" = 0 ] || { cat "$work/server.log"; fail "the server ended with $status"; }
printf 'The image for %s builds, serves and stops.\n' "$target"
