"""smtpds.py - starts the mail servers of a whole run, smtpd.py, which python alone would take longer to start than to serve.

    python3 smtpds.py FIFO

Each line that comes through FIFO is a folder. In it, `smtpd.args` holds the arguments of a server, each with a NUL
behind it; `smtpd.ready` is a FIFO that gets a line with the number of its process once it listens, or an empty line;
`smtpd.err` gets what goes wrong. Ends with the run, when its process group or its namespace does.
"""

# What takes a while is loaded here, once, and each server has it.
import email.header  # noqa: F401
import email.parser  # noqa: F401
import email.utils  # noqa: F401
import os
import signal
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import smtpd  # noqa: E402


def serve(folder, arguments):
    """What the process of one server does."""
    options = smtpd.parse(arguments)
    listener = smtpd.listen(options)
    with open(folder + "/smtpd.ready", "w") as ready:
        print(os.getpid(), file=ready)
    smtpd.serve(listener, options)


def start(folder):
    with open(folder + "/smtpd.args", encoding="utf-8", errors="surrogateescape") as file:
        arguments = file.read().split("\0")[:-1]
    if "-c" in arguments:
        import ssl  # noqa: F401  (and each later one; not every run needs it)
    if os.fork() > 0:
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        serve(folder, arguments)
    except BaseException:
        with open(folder + "/smtpd.err", "w") as file:
            traceback.print_exc(file=file)
        with open(folder + "/smtpd.ready", "w") as ready:  # where it has not begun to listen, somebody waits
            print(file=ready)
    os._exit(0)


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    # Open for writing too: so it never comes to its end.
    with open(os.open(sys.argv[1], os.O_RDWR)) as requests:
        while folder := requests.readline():
            start(folder.rstrip("\n"))


main()
