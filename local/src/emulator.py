# Runs the emulator, and ends it with its parent: the parent holds the other end of standard input, which closes
# when the parent is gone, however it went. The emulator then stops as on SIGTERM, saving its state.
import os
import signal
import sys
import threading


def follow_parent():
    while sys.stdin.buffer.read(1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=follow_parent, daemon=True).start()

from ministack.app import main

try:
    main()
finally:
    # The functions run in this process group: none stays behind.
    sys.stdout.flush()
    os.killpg(0, signal.SIGKILL)
