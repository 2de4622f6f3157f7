"""Validates manifests against a JSON Schema with python3-jsonschema, which shares no code with this program.

Usage: validate.py SCHEMA MANIFEST…   Prints a line for each manifest, its name and "ok" or what is wrong with it.
Exit code 77: the module is missing, or too old to know draft 2020-12.
"""

import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError as error:
    print(error)
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for name in sys.argv[2:]:
    with open(name, encoding="utf-8") as file:
        manifest = json.load(file)
    errors = sorted(validator.iter_errors(manifest), key=lambda error: error.json_path)
    words = "; ".join(f"{error.json_path}: {error.message}" for error in errors) or "ok"
    print(name.rsplit("/", 1)[-1], words.replace("\n", " "), sep="\t")
