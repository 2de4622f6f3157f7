"""Errors in the program's form: where, what was found, what was expected, what helps."""

import difflib


class Error(Exception):
    """A request that cannot be met.

    str(error) is "WHERE: FOUND" with lines "expected: …" and "help: …", as the program prints it. The parts are
    attributes; of an error that the program reported, `found` is its whole message.
    """

    def __init__(self, where="", found="", expected="", help=""):
        super().__init__(where, found, expected, help)
        self.where, self.found, self.expected, self.help = str(where), found, expected, help

    def __str__(self):
        text = ": ".join(part for part in (self.where, self.found) if part)
        for label, part in (("expected", self.expected), ("help", self.help)):
            if part:
                text += f"\n  {label}: {part}"
        return text


class Unmet(Error):
    """A run that ended with exit code 1: a trial failed, or an expectation does not hold.

    Everything else is in the result store; `experiments` is the list of what was run.
    """

    def __init__(self, where, found, expected, help, experiments):
        super().__init__(where, found, expected, help)
        self.experiments = experiments


def suggestion(word, known, otherwise):
    """`did you mean "X"?` for the nearest known word, else the other help."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f'did you mean "{near[0]}"?' if near else otherwise
