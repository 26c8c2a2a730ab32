"""Runs `aws` commands for tests, one after another: a fork of this process, which has imported the command, is half the work of a
process that imports it itself.

A line of stdin is a command, `{"arguments": […], "environment": {…}, "seconds": 60}`; a line of stdout is its end,
`{"code": 0, "stdout": "…", "stderr": "…"}`, where the code of a command that a signal ended is null.
"""

import json
import os
import signal
import sys
import tempfile
import traceback

from awscli import clidriver


def run(command, stdout, stderr):
    """Becomes the command."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in ((1, stdout), (2, stderr)):
        os.dup2(file.fileno(), number)
    sys.stdout, sys.stderr = open(1, "w", encoding="utf-8"), open(2, "w", encoding="utf-8")
    # What the import has put there.
    data = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update(command["environment"], AWS_DATA_PATH=data)
    sys.argv = ["aws", *command["arguments"]]
    signal.alarm(command["seconds"])
    code = 1
    try:
        code = clidriver.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main():
    for line in sys.stdin:
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            child = os.fork()
            if child == 0:
                run(json.loads(line), stdout, stderr)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            outputs = {}
            for name, file in (("stdout", stdout), ("stderr", stderr)):
                file.seek(0)
                outputs[name] = file.read().decode(errors="replace")
        print(json.dumps({"code": code if code >= 0 else None, **outputs}), flush=True)


main()
