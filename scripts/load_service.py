"""Loads `jaccardio serve` on this machine: `python scripts/load_service.py RUN FILE... [--requests 2000] [--clients 64]`.

Prints one JSON document: answers by status, seconds that they took, and the resident memory of the service (MiB).
Status 0 where nothing failed: no 5xx, no broken connection, and memory within 300 MiB of its start.
"""

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

MOST_GROWTH_MIB = 300


def form(files: list[Path]) -> tuple[bytes, str]:
    """A multipart form and its content type."""
    border = uuid.uuid4().hex
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'.encode() + file.read_bytes() + b"\r\n"
        for file in files
    ]
    return b"".join(parts) + f"--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"


def ask(port: int, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, float]:
    """Status, 0 where the connection broke, and seconds."""
    began, connection = time.monotonic(), http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - began
    except OSError:
        return 0, time.monotonic() - began
    finally:
        connection.close()


def resident_mib(process: int) -> float:
    """Memory of a process, Linux."""
    return next(
        int(line.split()[1]) / 1024 for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS")
    )


def main() -> int:
    """Runs the load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("files", type=Path, nargs="+", help="one ECG; of a WFDB record header and signal file")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--port", type=int, default=8765)
    given = parser.parse_args()
    body, kind = form(given.files)
    command = [sys.executable, "-m", "jaccardio", "serve", str(given.run), "--port", str(given.port), "--device", "cpu"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as service:
        try:
            while ask(given.port, "GET", "/readyz")[0] != 200:
                if service.poll() is not None:
                    return 1
                time.sleep(0.2)
            ask(given.port, "POST", "/v1/predict", body, kind)  # what the first file of a format starts
            memory, done = [resident_mib(service.pid)], threading.Event()
            watch = threading.Thread(target=lambda: memory.extend(resident_mib(service.pid) for _ in iter(lambda: done.wait(0.2), True)))
            watch.start()
            began = time.monotonic()
            with ThreadPoolExecutor(given.clients) as clients:
                answers = list(clients.map(lambda _: ask(given.port, "POST", "/v1/predict", body, kind), range(given.requests)))
            elapsed = time.monotonic() - began
            done.set()
            watch.join()
            memory.append(resident_mib(service.pid))
        finally:
            service.terminate()
    statuses, seconds = Counter(status for status, _ in answers), np.array([time_ for _, time_ in answers])
    document = {
        "requests": given.requests,
        "clients": given.clients,
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "requests_per_second": round(given.requests / elapsed, 1),
        "seconds": {"median": round(float(np.median(seconds)), 3), "95 %": round(float(np.quantile(seconds, 0.95)), 3)},
        "resident_mib": {"start": round(memory[0]), "most": round(max(memory)), "end": round(memory[-1])},
    }
    print(json.dumps(document, indent=2))
    failed = sum(number for status, number in statuses.items() if status == 0 or status >= 500)
    return int(failed > 0 or max(memory) - memory[0] > MOST_GROWTH_MIB)


if __name__ == "__main__":
    sys.exit(main())
