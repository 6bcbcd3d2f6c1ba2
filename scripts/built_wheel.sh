#!/usr/bin/env bash
# Builds wheel and sdist and tries both from another folder:  scripts/built_wheel.sh [PYTHON]
# PYTHON is one that has the dependencies (.venv/bin/python). New environments see its packages, but not this checkout: nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."
python="$(realpath --no-symlinks "${1:-.venv/bin/python}")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH
git archive HEAD | tar -x --one-top-level="$work/source"  # what is committed, without leftovers of earlier builds
packages="$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

build() {  # build FUNCTION FOLDER: runs setuptools in a source folder
  (cd "$2" && "$python" -c "import setuptools.build_meta as b; print(b.$1('$work/dist'))" | tail -n 1)
}

try() {  # try WHEEL: installs it and uses what is inside, from a folder that holds nothing else
  local here="$work/try-$2"
  "$python" -m venv --without-pip "$here/env"
  "$python" -m pip --python "$here/env/bin/python" install --quiet --no-compile --no-deps --no-index "$work/dist/$1"
  echo "$packages" > "$("$here/env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/dependencies.pth"
  cd "$here"
  PATH="$here/env/bin:$PATH"
  python - "$here" <<'PYTHON'
import sys
from importlib.metadata import metadata, version
from pathlib import Path

import jaccardio
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.report.language import languages
from jaccardio.training.config import load_preset, presets

assert Path(jaccardio.__file__).is_relative_to(sys.argv[1]), jaccardio.__file__
assert version("jaccardio") == jaccardio.__version__
assert metadata("jaccardio")["License-Expression"] == "Apache-2.0"
assert len(metadata("jaccardio").get_payload() or metadata("jaccardio")["Description"]) > 1000
for name in ("paper26", "ptbxl71", "japanese98"):
    Vocabulary.load(name)
for preset in presets():
    load_preset(preset, ())
assert "ja" in languages()
assert (Path(jaccardio.__file__).parent / "py.typed").is_file()
PYTHON
  jaccardio --version
  jaccardio synth hospitals --records 2 --sites 1 --fs 100 --jobs 1 2>/dev/null
  jaccardio inspect "$(find hospitals -name '*.hea' | head -n 1)" --json >/dev/null 2>&1
  cd "$work/source"
}

mkdir "$work/dist"
wheel="$(build build_wheel "$work/source")"
sdist="$(build build_sdist "$work/source")"
tar -xzf "$work/dist/$sdist" --one-top-level="$work/from-sdist" --strip-components=1
mv "$work/dist/$wheel" "$work/first.whl"
again="$(build build_wheel "$work/from-sdist")"
"$python" - "$work/first.whl" "$work/dist/$again" <<'PYTHON'
import sys
from zipfile import ZipFile

first, again = (set(ZipFile(name).namelist()) for name in sys.argv[1:])
assert first == again, sorted(first ^ again)
PYTHON
try "$again" sdist
echo "$wheel and $sdist: built, installed elsewhere, used"
