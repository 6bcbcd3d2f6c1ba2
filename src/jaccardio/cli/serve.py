"""The serve command: a trained run over HTTP."""

import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Device, Policy, Run, optional_store
from jaccardio.cli.output import note, progress_bar, warn
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import MissingError, UsageError


def serve(
    run: Run,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on; any but a loopback one needs a token.")] = "127.0.0.1",
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the token that requests must bear, 16 characters or more.")
    ] = None,
    store: Annotated[Path | None, optional_store("Store of reference ECGs, to be searched by text and compared with.")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="What `jaccardio evaluate` wrote of this run: AUROCs with intervals are shown.")
    ] = None,
    thresholds: Policy = "global",
    body_limit: Annotated[int, typer.Option(metavar="MIB", min=1, max=64, help="Largest request, MiB.")] = 16,
    waiting: Annotated[int, typer.Option(min=1, max=10_000, help="Requests in work or waiting; one more is refused for now.")] = 64,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=1, max=3600, help="Time that an answer may take.")] = 60,
    device: Device = "auto",
) -> None:
    """Serves a model over HTTP, with a page for people.

    Nothing that is sent is kept. The log holds request ids, no names and no data.
    """
    absent = [package for package in ("fastapi", "uvicorn", "python_multipart", "prometheus_client") if find_spec(package) is None]
    if absent:
        raise MissingError(f"serve needs {' and '.join(absent)}. Install: pip install 'jaccardio[serve]'")
    import uvicorn

    from jaccardio.cohort.store import Store
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.prediction.search import Index
    from jaccardio.prediction.store_signals import incomplete_ecgs
    from jaccardio.service.app import create_app
    from jaccardio.service.evaluated import Evaluated
    from jaccardio.service.guard import LOOPBACK, load_token
    from jaccardio.service.limits import Limits

    note(DISCLAIMER)
    if token_file is None and host not in LOOPBACK:
        raise UsageError(f"--host {host}: give --token-file; without a token only {', '.join(LOOPBACK)} are served.")
    token = None if token_file is None else load_token(token_file)
    predictor = Predictor.from_pretrained(run, device)
    predictor.thresholds[thresholds]  # an unknown policy is said before a store is embedded
    if predictor.reference is None:
        warn([f"{run}: an earlier version trained it, without a reference: nothing stands beside the counts of /metrics (docs/serve.md)"])
    evaluated = None if report is None else Evaluated.read(report, predictor)
    index = None
    if store is not None:
        opened = Store.open(store)
        warn(incomplete_ecgs(predictor, opened))
        with progress_bar("embedding") as progress:
            index = Index(predictor, opened, progress)
    limits = Limits(body_limit * 2**20, waiting, answer_seconds=timeout)
    app = create_app(predictor, policy=thresholds, index=index, evaluated=evaluated, token=token, limits=limits, say=note)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_keep_alive=5)
    with _listening(host, port) as listening:
        note(f"serving http://{f'[{host}]' if ':' in host else host}:{port}; Ctrl-C ends it.")
        uvicorn.Server(config).run([listening])  # its own logs hold addresses and whole errors: the service says what may be said


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)
    except OSError as error:
        raise MissingError(f"{host}, port {port}: {error.strerror}. Choose another --port or --host.") from None
