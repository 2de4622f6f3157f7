"""`unroll serve` as a process, and requests to it as a browser, or somebody worse, sends them."""

import contextlib
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "soak"))
import harness  # noqa: E402


class Server:
    """Ended with SIGTERM, which must be the orderly end of it."""

    def __init__(self, folder, *words):
        self.process = subprocess.Popen([harness.program(), "serve", *words, "--port", "0"], cwd=folder, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.address = self.process.stdout.readline().strip()
        if not self.address.startswith("http://"):
            raise RuntimeError(f"serve says {self.address!r}, {self.process.communicate()}")
        parts = urllib.parse.urlsplit(self.address)
        self.host, self.port, self.token = parts.hostname, parts.port, dict(urllib.parse.parse_qsl(parts.query)).get("token")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self, by=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "nothing for 20 s"
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def request(self, path, method="GET", body=None, **headers):
        """Status, headers and body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(http.client.HTTPConnection(self.host, self.port, timeout=30)) as connection:
            connection.request(method, path, body=body, headers=named)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def json(self, path, **parameters):
        words = urllib.parse.urlencode(parameters, doseq=True)
        status, headers, body = self.request(f"{path}?{words}")
        if headers["Content-Type"] != "application/json":
            raise RuntimeError(f"{path}?{words}: {status} {body}")
        return json.loads(body)

    def live(self, **parameters):
        return self.json("/api/live", **parameters)

    def page(self, **parameters):
        return self.json("/api/page", **parameters)

    def sql(self, text, **parameters):
        return self.json("/api/sql", q=text, **parameters)

    def connect(self):
        """A bare connection."""
        return socket.create_connection((self.host, self.port), timeout=30)

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


def until(holds, seconds, what):
    """How long it took until holds() was true."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.02)
    return time.monotonic() - began
