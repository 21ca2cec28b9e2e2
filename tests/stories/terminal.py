# Runs a command in a terminal of 80 columns, or of as many as WIDTH says, and hands on what the terminal is sent.
import fcntl
import os
import pty
import struct
import sys
import termios

process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(os.environ.get("WIDTH", "80")), 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        sent = os.read(terminal, 65536)
    except OSError:
        # The command has ended, and with it its side of the terminal.
        break
    if not sent:
        break
    sys.stdout.buffer.write(sent)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
