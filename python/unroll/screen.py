"""What a terminal shows of a program that draws over its last lines."""

import re

# A cursor movement up, an erasure to the end, any other escape sequence, a line's end, or text.
_PARTS = re.compile(
    r"\x1b\[(?P<up>\d+)A|(?P<erase>\x1b\[J)|\x1b\[[0-9;?]*[A-Za-z]|(?P<end>\r?\n)|(?P<back>\r)|(?P<text>[^\x1b\r\n]+)"
)
_UNFINISHED = re.compile(r"(\x1b(\[[0-9;?]*)?|\r)\Z")


class Screen:
    """Lines without end; colours are dropped."""

    def __init__(self):
        self._lines, self._row, self._rest = [""], 0, ""

    def write(self, text):
        text = self._rest + text
        unfinished = _UNFINISHED.search(text)
        self._rest = unfinished.group() if unfinished else ""
        for part in _PARTS.finditer(text[: len(text) - len(self._rest)]):
            if part["up"]:
                self._row = max(0, self._row - int(part["up"]))
            elif part["erase"]:
                self._lines[self._row :] = [""]
            elif part["end"]:
                self._row += 1
                if self._row == len(self._lines):
                    self._lines.append("")
            elif part["back"]:
                self._lines[self._row] = ""
            elif part["text"]:
                self._lines[self._row] += part["text"]

    def __str__(self):
        return "\n".join(self._lines).rstrip("\n")

    def tail(self, most):
        """The last lines, at most that many, below a line that counts the others."""
        lines = str(self).split("\n")
        left_out = len(lines) - most
        return "\n".join(lines if left_out <= 0 else [f"… {left_out} earlier lines", *lines[left_out:]])
