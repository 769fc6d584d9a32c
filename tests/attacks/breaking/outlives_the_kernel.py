"""Leaves a process behind that has no parent any more and ignores signals."""

# %% first cell
import os
import signal
import subprocess

LOOP = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(7654321)"
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execvp("python3", ["chainrule-straggler", "-c", LOOP])
    os._exit(0)
os.wait()
subprocess.Popen(["python3", "-c", LOOP + "  # chainrule-straggler"], start_new_session=True)
