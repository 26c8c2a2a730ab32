"""Runs a command on a pseudo-terminal: waits for a text, types its answer, and so on; then prints all that was shown.

An answer of NUL closes the terminal, as closing its window does; two of them close it below a shell that passes no SIGHUP on."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 60

talk, environment = json.loads(sys.argv[1]), json.loads(sys.argv[2])
command = sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 100, 0, 0))
    # The system sends SIGHUP to the leader of the session alone.
    if talk[-1][1] == "\0\0" and (below := os.fork()):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(below, 0)[1]) & 0xFF)
    os.execve(command[0], command, environment)
shown, seen, end = b"", 0, time.monotonic() + PATIENCE
while time.monotonic() < end:
    if talk and talk[0][0].encode() in shown[seen:]:
        seen = len(shown)
        answer = talk.pop(0)[1]
        if answer.startswith("\0"):
            os.close(terminal)
            break
        # The question is drawn before its keys are read; what is typed between is read too.
        os.write(terminal, answer.encode())
    if not select.select([terminal], [], [], 0.05)[0]:
        continue
    try:
        read = os.read(terminal, 65536)
    except OSError:
        break
    if not read:
        break
    shown += read
else:
    os.kill(child, signal.SIGKILL)
# A process that continues without its terminal is killed, which the exit code shows.
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(PATIENCE // 2)
sys.stdout.buffer.write(shown)
status = os.waitpid(child, 0)[1]
sys.exit(1 if talk else os.waitstatus_to_exitcode(status))
