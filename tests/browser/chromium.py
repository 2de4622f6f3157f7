# A headless Chromium, spoken to through two pipes (DevTools protocol): nothing but Python's own library is needed.
import json
import os
import shutil
import subprocess
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find():
    """The browser's path, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One page of one browser. `problems` gathers what a console would show in red, and every request for a network."""

    def __init__(self, width=1200, height=900, dark=False, origin=None):
        """`origin`: of the one server that may be asked, as "http://127.0.0.1:8000"."""
        self.allowed = ("file:", "data:", "about:", *((origin + "/",) if origin else ()))
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def connect():  # the protocol wants them as 3 and 4
            read, write = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
             "--disable-background-networking", "--disable-dev-shm-usage", f"--user-data-dir={self.profile.name}",
             "about:blank"],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.reading, self.writing = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self.number, self.pending, self.problems, self.events = 0, b"", [], []
        target = next(one for one in self.ask("Target.getTargets", session=None)["targetInfos"] if one["type"] == "page")
        self.session = self.ask("Target.attachToTarget", session=None, targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")
        self.size(width, height)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reading.close()
        self.writing.close()
        self.profile.cleanup()

    def message(self):
        while b"\0" not in self.pending:
            more = os.read(self.reading.fileno(), 1 << 16)
            if not more:
                raise RuntimeError("the browser has ended")
            self.pending += more
        one, self.pending = self.pending.split(b"\0", 1)
        one = json.loads(one)
        method, about = one.get("method"), one.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(about["exceptionDetails"].get("exception", {}).get("description", str(about)))
        if method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.problems.append(str([value.get("value", value.get("description")) for value in about["args"]]))
        if method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.problems.append(about["entry"]["text"])
        if method == "Network.requestWillBeSent" and not about["request"]["url"].startswith(self.allowed):
            self.problems.append("fetched " + about["request"]["url"])
        if method == "Page.javascriptDialogOpening":
            self.problems.append("a dialog: " + about["message"])
        if method:
            self.events.append(method)
        return one

    def ask(self, method, session="", **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session is not None:
            request["sessionId"] = self.session
        self.writing.write(json.dumps(request).encode() + b"\0")
        self.writing.flush()
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def open(self, path):
        self.events.clear()
        self.ask("Page.navigate", url=path if path.startswith("http") else "file://" + os.path.abspath(path))
        while "Page.loadEventFired" not in self.events:
            self.message()

    def run(self, expression):
        """What a JavaScript expression gives; of a promise what it comes to."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", str(answer)))
        return answer["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def picture(self, path, whole=True):
        import base64
        answer = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))
