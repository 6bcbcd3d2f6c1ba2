"""What a prediction from files need not wait for is not imported before it is needed."""

import subprocess
import sys

HEAVY = ("pandas", "pyarrow", "scipy.signal", "scipy.optimize", "scipy.stats", "transformers", "matplotlib", "sklearn", "torch._dynamo")


def test_the_predictor_imports_neither_tables_nor_language_models() -> None:
    look = f"import sys, jaccardio.prediction.predictor; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
