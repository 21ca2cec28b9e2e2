# Runs the emulator, and ends it with its parent: the parent holds the other end of standard input, which closes
# when the parent is gone, however it went. The emulator then stops as on SIGTERM, saving its state.
import os
import shutil
import signal
import sys
import threading


def follow_parent():
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=follow_parent, daemon=True).start()

from ministack.app import main

try:
    main()
finally:
    # The functions run in this process group, their code is unpacked in this folder: neither stays behind.
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    sys.stdout.flush()
    os.killpg(0, signal.SIGKILL)
