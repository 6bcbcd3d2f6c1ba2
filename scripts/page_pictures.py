"""Pictures of the pages that jaccardio makes:  python scripts/page_pictures.py RUN RECORD.hea OUT [PAGE.html ...]

The service's page in English and Japanese with an ECG (a WFDB record; for documents a simulated one) and marks for its first finding, the
page of `jaccardio explain`, and any other page, as PNGs of 256 colours in OUT. Needs chromium, Pillow, which matplotlib brings, and the
extra `ja`, whose font the pages are shown with.
"""

import argparse
import base64
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from jaccardio.prediction.explain import explain
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.lettering import FONT_PACKAGE
from jaccardio.recording.readers import read_ecg
from jaccardio.report.explanation import write_explanation
from jaccardio.service.app import CONTENT_POLICY, create_app

WIDTH, HEIGHT = 1180, 1480

VISIT = """{
  const files = FILES, transfer = new DataTransfer();
  const until = async (ready) => { for (let turn = 0; turn < 600 && !ready(); turn++) await new Promise((go) => setTimeout(go, 50)); };
  (async () => {
    if (language !== "LANGUAGE") $("language").click();
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    for (const [name, content] of Object.entries(files)) transfer.items.add(new File([bytes(content)], name));
    $("files").files = transfer.files;
    $("files").dispatchEvent(new Event("change"));
    await until(() => !$("result").hidden);
    document.querySelector("#rows button").click();
    await until(() => document.querySelector("#sheet .mark"));
  })();
}"""
"""What a person would do: choose the files, then the first finding."""

FONTS = """<!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{folder}</dir>
</fontconfig>"""


@contextmanager
def served(predictor: Predictor, record: Path, visit: str, **options: Any) -> Iterator[str]:
    """Address at which a service with options of `create_app` shows its page with a script in it, in which FILES are those of a record."""
    files = {file.name: base64.b64encode(file.read_bytes()).decode() for file in (record, record.with_suffix(".dat"))}
    page = resources.files("jaccardio.service").joinpath("page.html").read_text("utf-8")
    page = page.replace("</body>", f"<script>{visit.replace('FILES', json.dumps(files))}</script></body>")
    service = create_app(predictor, **options)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        visited = scope["type"] == "http" and scope["query_string"] == b"visit"
        await (HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_POLICY}) if visited else service)(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/?visit"
    finally:
        server.should_exit = True
        thread.join()


def browse(address: str, *options: str) -> str:
    """What Chromium prints when it shows a page, which may use a minute of its own time; Japanese letters are those of the extra `ja`."""
    fonts = find_spec(FONT_PACKAGE)
    with tempfile.TemporaryDirectory() as folder:
        settings, environment = Path(folder) / "fonts.conf", dict(os.environ)
        if fonts is not None and fonts.origin is not None:
            settings.write_text(FONTS.format(folder=Path(fonts.origin).parent / "fonts"))
            environment["FONTCONFIG_FILE"] = str(settings)
        common = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", f"--user-data-dir={folder}")
        command = ["chromium", *common, *options, address]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, env=environment).stdout


def photograph(address: str, picture: Path) -> None:
    """Writes the first screens of a page."""
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        browse(address, "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}")
        Image.open(shot).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


def main() -> None:
    """Makes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("record", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", type=Path, nargs="*")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    predictor = Predictor.from_pretrained(given.run, "cpu")
    for language, name in (("en", "service.png"), ("ja", "service-ja.png")):
        with served(predictor, given.record, VISIT.replace("LANGUAGE", language)) as address:
            photograph(address, given.out / name)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "explanation.html"
        names = {finding.code: finding.name for finding in predictor.vocabulary.findings}
        write_explanation(page, explain(predictor, read_ecg(given.record)), predictor.contract, names)
        photograph(page.as_uri(), given.out / "explanation.png")
    for page in given.pages:
        photograph(page.resolve().as_uri(), given.out / f"{page.stem}.png")


if __name__ == "__main__":
    main()
