"""Logs, build output and stack traces for the blind set, in formats that made_up.py has none of.

Each template is a format that a real program writes; what varies is drawn.
"""

import random
import re

WORDS = (
    "account billing catalog checkout invoice ledger mailer notifier payment profile report search "
    "shipping upload vendor wallet gateway replica shard snapshot tenant widget"
).split()
SENTENCES = (
    "connection reset by peer|could not open file|retrying in a moment|deadline exceeded|"
    "checkpoint complete|listening on all interfaces|no space left on device|permission denied|"
    "reloading configuration|slow query detected|unexpected end of stream|user logged in|"
    "certificate expires soon|leader election won|cache miss for key|shutting down gracefully"
).split("|")
LOGS = [
    ["<D>T<T>Z <I> <w>[<n>]: <s>", "<D>T<T>Z <I> <w>[<n>]: <w>_id=<n> <s>"],
    ["<D> <T> UTC [<n>] <w>@<w> LOG:  <s>",
     "<D> <T> UTC [<n>] <w>@<w> ERROR:  <s> at character <n>",
     "<D> <T> UTC [<n>] <w>@<w> STATEMENT:  SELECT * FROM <w> WHERE id = $1"],
    ["<Y>/03/12 <T> [error] <n>#<n>: *<n> connect() failed (111: <s>) while connecting to "
     "upstream, "
     "client: <ip>, server: <w>.example, request: \"GET /<w>/<n> HTTP/1.1\"",
     "<Y>/03/12 <T> [notice] <n>#<n>: <s>"],
    ["[    <f>] <w>: <s>",
     "[  <n>.<n>] usb 1-<n>: new high-speed USB device number <n> using xhci_hcd",
     "[  <n>.<n>] EXT4-fs (sda<n>): mounted filesystem with ordered data mode"],
    ["I0312 <T>.<n> <n> <w>.go:<n>] <s>", "E0312 <T>.<n> <n> <w>.go:<n>] <s>: <w>/<w>",
     "W0312 <T>.<n> <n> <w>.go:<n>] <s>"],
    ["time=\"<D>T<T>Z\" level=info msg=\"<s>\" <w>=<n> component=<w>",
     "time=\"<D>T<T>Z\" level=error msg=\"<s>\" err=\"<s>\" component=<w>"],
    ["[<f>s][info][gc] GC(<n>) Pause Young (Normal) (G1 Evacuation Pause) <n>M->8M(<n>M) <f>ms",
     "[<f>s][info][gc,heap] GC(<n>) Eden regions: <n>->0(<n>)"],
    ["<134>1 <D>T<T>Z <w>.example <w> <n> ID47 [<w>@32473 iut=\"3\" source=\"<w>\"] <s>"],
    ["Started GET \"/<w>/<n>\" for <ip> at <D> <T> +0000",
     "Processing by <W>Controller#show as HTML",
     "  Parameters: {\"id\"=>\"<n>\"}",
     "Completed 200 OK in <n>ms (Views: <f>ms | ActiveRecord: <f>ms)"],
    ["<T> | <w>-1  | <s>",
     "<T> | <w>-1  | INFO:     <ip>:<n> - \"POST /<w> HTTP/1.1\" 201 Created"],
    ["<ip>:<n> [12/Mar/2025:<T>.<n>] http-in <w>/<w>1 0/0/<n>/<n>/<n> 200 <n> - - ---- 1/1/0/0/0 "
     "0/0 "
     "\"GET /<w> HTTP/1.1\""],
    ["src/<w>.c:<n>:<n>: warning: unused variable '<w>' [-Wunused-variable]",
     "src/<w>.c:<n>:<n>: error: '<w>' undeclared (first use in this function)",
     "make[1]: *** [Makefile:<n>: <w>.o] Error 1", "[ <n>%] Building C object src/<w>.c.o"],
    ["tests/test_<w>.py::test_<w>_<w> PASSED                 [ <n>%]",
     "tests/test_<w>.py::test_<w> FAILED                      [ <n>%]",
     "E       AssertionError: assert <n> == <n>",
     "========= <n> passed, 1 failed in <f>s ========="],
    ["Get:<n> http://deb.example/debian stable/main amd64 <w> amd64 1.<n>-1 [<n> kB]",
     "Unpacking <w> (1.<n>-1) ...", "Setting up <w> (1.<n>-1) ..."],
    ["PING <w>.example (<ip>) 56(84) bytes of data.",
     "64 bytes from <ip>: icmp_seq=<n> ttl=57 time=<f> ms"],
]
TRACES = [
    (["<w>.rb:<n>:in `<w>_<w>': undefined method `<w>' for nil:NilClass (NoMethodError)"],
     "\tfrom lib/<w>/<w>.rb:<n>:in `<w>'"),
    (["PHP Fatal error:  Uncaught <W>Exception: <s> in /var/www/<w>/<W>.php:<n>", "Stack trace:"],
     "#<n> /var/www/<w>/<W>.php(<n>): App\\<W>\\<W>-><w>()"),
    (["==<n>== Invalid read of size 8"], "==<n>==    by 0x4<n>: <w>_<w> (<w>.c:<n>)"),
    (["==<n>==ERROR: AddressSanitizer: heap-use-after-free on address 0x<n> at pc 0x<n>"],
     "    #<n> 0x<n> in <w>_<w> /src/<w>/<w>.c:<n>:<n>"),
    (["Program received signal SIGSEGV, Segmentation fault."],
     "#<n>  0x0000<n> in <w>_<w> (<w>=0x<n>, n=<n>) at src/<w>.c:<n>"),
    (["** (<W>Error) <s>"], "    (<w> 1.<n>.0) lib/<w>/<w>.ex:<n>: <W>.<W>.<w>/<n>"),
    (["Fatal error: exception Failure(\"<s>\")"],
     "Called from <W>.<w> in file \"src/<w>.ml\", line <n>, characters <n>-<n>"),
    (["Uncaught (in promise) ReferenceError: <w> is not defined"],
     "    at async <w><W> (webpack-internal:///./src/<w>/<w>.tsx:<n>:<n>)"),
    (["FATAL EXCEPTION: main", "Process: com.example.<w>, PID: <n>",
      "java.lang.NullPointerException: <s>"],
     "\tat android.<w>.<W>.<w>(<W>.java:<n>)"),
    (["<s> at lib/<W>/<W>.pm line <n>."], "\t<W>::<W>::<w>(\"<w>\", <n>) called at <w>.pl line "
     "<n>"),
]


def fill(r, template):
    def value(match):
        return {
            "w": lambda: r.choice(WORDS),
            "W": lambda: r.choice(WORDS).title(),
            "s": lambda: r.choice(SENTENCES),
            "n": lambda: str(r.randint(1, 10 ** r.randint(1, 5))),
            "f": lambda: f"{r.random() * 900:.3f}",
            "ip": lambda: ".".join(str(r.randint(1, 254)) for _ in range(4)),
            "D": lambda: f"2025-03-{r.randint(1, 28):02}",
            "T": lambda: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}",
            "Y": lambda: "2025",
            "I": lambda: r.choice(("info", "warning", "err")),
        }[match[1]]()

    return re.sub(r"<(ip|[wWsnfDTYI])>", value, template)


def log(r, i):
    lines = LOGS[i % len(LOGS)]
    return "\n".join(fill(r, r.choice(lines)) for _ in range(r.randint(5, 40)))


def trace(r, i):
    heads, frame = TRACES[i % len(TRACES)]
    rows = [fill(r, head) for head in heads] + [fill(r, frame) for _ in range(r.randint(5, 18))]
    return "\n".join(rows)


def texts():
    """(label, half, package, text), as made_up.texts()."""
    for make, n in ((log, 600), (trace, 400)):
        for i in range(n):
            r = random.Random(f"blind {make.__name__} {i}")
            yield "log", 1, f"made-up-blind/{make.__name__}/{i // 100}", make(r, i)
