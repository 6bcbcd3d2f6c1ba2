#!/usr/bin/env bash
# Builds the image of an offline bundle and asks it, both without a network:  scripts/built_image.sh BUNDLE
# As root, with buildah, which needs no daemon. The base image must be there already: `buildah pull docker.io/library/python:3.11-slim`, or made of
# Debian 12, which has the same Python (docs/use.md).
set -euo pipefail
bundle="$(realpath "$1")"
cd "$(dirname "$0")/.."
ecgs="$(mktemp -d)"
trap 'rm -rf "$ecgs"; buildah rm "${container:-}" > /dev/null' EXIT
.venv/bin/jaccardio synth "$ecgs/hospital" --records 1 --sites 1 --jobs 1
chmod -R go+rX "$ecgs"  # the image reads it as another user

unshare --net buildah build-using-dockerfile --isolation chroot --pull-never --tag jaccardio "$bundle"
container="$(buildah from --pull-never localhost/jaccardio)"
inside() { unshare --net buildah run --isolation chroot --volume "$ecgs:/ecgs:ro" "$container" -- "$@"; }
test "$(inside id -un)" = reader
inside jaccardio --version
inside jaccardio doctor /bundle/model
inside jaccardio predict /bundle/model /ecgs --prompt "atrial fibrillation"
