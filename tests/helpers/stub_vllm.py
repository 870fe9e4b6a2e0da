"""A stub of a vLLM server on this machine, over TLS, that answers in vLLM's documented form.

It keeps what it was asked. ``tamper`` makes it lie, ``status`` refuse, ``gate`` dawdle.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lacuna_models.vocabulary import Vocabulary

MODEL = "reports"


class StubVllm:
    """What the stub knows and was told. Tests set its attributes while it runs.

    Attributes:
        asked: (path, body) of each request, in order; ``headers`` of the latest.
        writes: the text that is put at free positions, a token each, over and over.
        pins: whether it knows ``diffusion_pinned``; an older vLLM would pass it over.
        tamper: changes an answer before it is sent.
        status: answered instead of 200; 302 names another host.
        gate: if it is there, canvases are sent once it is set; ``entered`` tells that one waits.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.asked: list[tuple[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.writes = " zone"
        self.pins = True
        self.tamper: Callable[[Any], Any] = lambda answer: answer
        self.status = 200
        self.gate: threading.Event | None = None
        self.entered = threading.Event()

    @property
    def canvases(self) -> list[dict[str, Any]]:
        """The requests for canvases that hold words, without the one that tries pins out."""
        bodies = [body for path, body in self.asked if path == "/v1/chat/completions"]
        return bodies[1:]

    def answer(self, path: str, body: Any) -> Any:
        """Answer in vLLM's form."""
        self.asked.append((path, body))
        if path == "/v1/models":
            return {"object": "list", "data": [{"id": MODEL, "object": "model"}]}
        if path == "/tokenize":
            ids = self.vocabulary.ids(body["prompt"])
            return {"count": len(ids), "max_model_len": 8192, "tokens": ids}
        return self.tamper(self._canvas(body))

    def _canvas(self, body: Any) -> Any:
        said = body["vllm_xargs"]
        canvas, words = said["diffusion_seed_canvas"], self.vocabulary.ids(self.writes)
        pinned = set(said["diffusion_pinned"]) if self.pins else set()
        free = [p for p in range(len(canvas)) if p not in pinned]
        for number, p in enumerate(free):
            canvas[p] = words[number % len(words)]
        rows = [_row(token, body["top_logprobs"]) for token in canvas]
        choice = {"index": 0, "message": {"role": "assistant", "content": ""}}
        return {"choices": [choice | {"logprobs": {"content": rows}, "finish_reason": "length"}]}


def _row(token: int, most: int) -> Any:
    likely = [{"token": f"token_id:{token}", "logprob": -0.1}]
    others = [{"token": f"token_id:{n}", "logprob": -4.0} for n in range(3, 3 + min(3, most - 1))]
    return likely[0] | {"top_logprobs": likely + others}


def certify(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """Write a certificate for a name and 127.0.0.1, signed by itself; and certificate with key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    authority, both = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(public)
    both.write_bytes(private + public)
    return authority, both


@contextmanager
def serving(stub: StubVllm, both: Path) -> Iterator[int]:
    """Serve a stub on this machine over TLS; yield its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(None)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._reply(json.loads(self.rfile.read(length)))

        def log_message(self, *_: Any) -> None:
            """Say nothing on the terminal."""

        def _reply(self, body: Any) -> None:
            stub.headers = dict(self.headers)
            answer = stub.answer(self.path, body)
            if stub.gate is not None and self.path == "/v1/chat/completions":
                stub.entered.set()
                stub.gate.wait(30)
            data = json.dumps(answer).encode()
            try:
                self.send_response(stub.status)
                if stub.status == 302:
                    self.send_header("Location", "https://elsewhere.example/")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True  # who asked has gone

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, *_: Any) -> None:
            """Say nothing on the terminal of handshakes that a test means to fail."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        if stub.gate is not None:
            stub.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
