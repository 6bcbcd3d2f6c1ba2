#!/bin/sh
# Installs a bundle of jaccardio into a new environment, without a network:  sh install.sh ENVIRONMENT
# PYTHON names the interpreter: the minor version that the bundle was made with.
set -eu
bundle="$(cd "$(dirname "$0")" && pwd)"
(cd "$bundle" && sha256sum --check --quiet SHA256SUMS)
"${PYTHON:-python3}" -m venv "$1"
"$1/bin/python" -m pip install --quiet --no-index --no-deps "$bundle"/wheels/*.whl  # all of them: pip chose them together
"$1/bin/jaccardio" doctor "$bundle/model"
