#!/bin/sh
# On a machine with a GPU, the dependencies, and no network:  sh scripts/on_accelerator.sh OUT.json [--store STORE]
# Without a GPU, a dry run:  sh scripts/on_accelerator.sh OUT.json --quick
set -eu
cd "$(dirname "$0")/.."
HF_HUB_OFFLINE=1 PYTHONPATH=src exec "${PYTHON:-python3}" scripts/on_accelerator.py "$@"
