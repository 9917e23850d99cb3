"""Two real HTTP services on loopback with a price, and `tandem bench schedule servers` on them.

loopback.py PROGRAM [SECONDS_A_CHUNK] [REQUESTS_AT_A_TIME] [SECONDS_A_CALL] [--local]

Services sleep for their price, so that both have their own capacity, which two models on one
machine's cores do not. With --local the prose lane embeds in the program's process.
"""

import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "real"))
from servers import Server  # noqa: E402


def priced(seconds, at_once, call_seconds):
    room = threading.Semaphore(at_once)

    def fault(call):
        with room:
            time.sleep(call_seconds + seconds * len(call.texts))

    return fault


def main():
    args = [a for a in sys.argv[1:] if a != "--local"]
    program = args[0]
    seconds = float(args[1]) if len(args) > 1 else 0.02
    at_once = int(args[2]) if len(args) > 2 else 1
    call_seconds = float(args[3]) if len(args) > 3 else 0
    with Server("tei", "prose-model") as gte, Server("tei", "code-model") as coderank:
        gte.priced = coderank.priced = True
        price = (seconds, at_once, call_seconds)
        gte.fault, coderank.fault = priced(*price), priced(*price)
        urls = [] if "--local" in sys.argv else ["--gte-url", gte.url]
        urls += ["--coderank-url", coderank.url]
        print(
            f"{seconds:g} s a chunk, {call_seconds:g} s a call, {at_once} "
            f"request{'s' * (at_once > 1)} at a time",
            flush=True,
        )
        return subprocess.run([program, "bench", "schedule", "servers", *urls]).returncode


if __name__ == "__main__":
    sys.exit(main())
