"""What pip is told of the package."""

import re
import tomllib
import unittest

import small
import unroll


class Package(unittest.TestCase):
    def test_its_version_is_the_programs(self):
        told = tomllib.loads((small.ROOT / "python/pyproject.toml").read_text())["project"]["version"]
        program = re.search(r"project\(unroll VERSION (\S+)", (small.ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual((unroll.__version__, told), (program, program))

    def test_everything_public_is_documented(self):
        for name in [*unroll.__all__, "open"]:
            documented = getattr(unroll, name)
            self.assertTrue(documented.__doc__, name)
            for member, value in vars(documented).items() if isinstance(documented, type) else ():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    self.assertTrue(value.__doc__, f"{name}.{member}")


if __name__ == "__main__":
    unittest.main()
