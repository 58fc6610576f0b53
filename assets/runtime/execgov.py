"""Helper for scripts that run as capabilities: progress, secrets, artifacts, result, inputs.

Scripts work without it, and it works without the appliance: then results and progress go to standard output and
secrets come from environment variables.
"""

import json
import os
import shutil

__all__ = ["progress", "secret", "artifact", "result", "inputs", "inputs_dir", "outputs_dir", "run_id"]

#: The id of this run, or None outside the appliance.
run_id = os.environ.get("EXECGOV_RUN_ID")
#: Where input files are.
inputs_dir = os.environ.get("EXECGOV_INPUTS_DIR", "inputs")
#: Everything left there becomes an artifact.
outputs_dir = os.environ.get("EXECGOV_OUTPUTS_DIR", "outputs")


def progress(percent, text=""):
    """Says how far the run is, from 0 to 100, and optionally what it is doing."""
    percent = max(0, min(100, int(percent)))
    text = " ".join(str(text).split())
    print(("##[progress %d] %s" % (percent, text)).rstrip(), flush=True)


def secret(name):
    """The text of a granted secret. Raises KeyError when there is none of that name."""
    if not name or "/" in name or name.startswith("."):
        raise KeyError(name)
    try:
        with open(os.path.join("/run/secrets", name), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        pass
    try:
        return os.environ[name.upper().replace("-", "_")]
    except KeyError:
        raise KeyError("no secret %r was granted to this run" % name) from None


def artifact(path, name=None):
    """Keeps a file as an artifact of the run, under its own name or another; returns where it was put."""
    target = os.path.join(outputs_dir, name or os.path.basename(os.fspath(path)))
    if os.path.abspath(target) == os.path.abspath(path):
        return target
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    return shutil.copyfile(path, target)


def result(value):
    """Sets the result of the run: any value with a JSON form. The last call counts."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
    path = os.environ.get("EXECGOV_RESULT")
    if path is None:
        print("##[result] " + text, flush=True)
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def inputs():
    """The inputs of the run as a dictionary, whatever way they were passed."""
    path = os.environ.get("EXECGOV_INPUTS")
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)
