"""What README, CONTRIBUTING and docs/ tell a reader to type, and what they name, is there.

Blocks of commands are run line by line as they stand, in a home of their own: sites, hubs and
servers that they name stand on loopback. What the network or a model of 500 MB would be needed for
is listed in NOT_RUN with the reason.
"""

import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess

import pytest
from conftest import PROGRAM, SANITIZED, SOURCE, make_tree
from loopback_hub import Hub
from puller import files_of
from servers import Server
from test_memory import CEILING_MB

DOCS = sorted(f"docs/{p.name}" for p in SOURCE.glob("docs/*.md"))
PAGES = ["README.md", "CONTRIBUTING.md", *DOCS]
BENCHES = sorted(str(p.relative_to(SOURCE)) for p in SOURCE.glob("bench/*/README.md"))
SITE = "https://docs.example.org/"

NOT_RUN = {
    "README.md": {
        "scripts/quickstart": "what it does is below",
        "scripts/test": "it runs this",
        "tandem bench engine": "20 s on a busy machine",
    },
    "docs/backends.md": {
        "docker": "needs images",
        "--model-id": "goes on the line before",
        "GTE_URL=https://api.openai.com": "costs money",
    },
    "docs/real-input.md": {},
}


def text_of(page):
    return (SOURCE / page).read_text()


def block_lines(page):
    """Lines of code blocks, indented or fenced, without their comments; continued lines joined."""
    fenced, lines = False, []
    for line in text_of(page).splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            lines.append(line)
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [re.split(r"\s+#\s|\s{3,}(?!#)", line.strip())[0].strip() for line in joined]


def commands(page):
    """What is typed in the blocks of a page: (whole line, words of one call of tandem)."""
    for line in block_lines(page):
        for part in re.split(r"[;|]|&&|\$\(", line.removeprefix("$ ")):
            words = part.split("#")[0].split()
            while words and re.match(r"[A-Z_]+=", words[0]):
                words.pop(0)
            if words and pathlib.PurePath(words[0]).name == "tandem":
                yield line, words[1:]


def help_of(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True).stdout


COMMANDS = re.findall(r"^  ([a-z]+) ", help_of("--help").split("Commands:")[1], re.M)
HELP = {name: help_of(name, "--help") for name in COMMANDS}


def options_of(name):
    rows = HELP[name].split("Options:\n")[1]
    return set(re.findall(r"^ +(?:-\w )? *(--[\w-]+)", rows, re.M)) | set(
        re.findall(r"^ +(-\w) --", rows, re.M)
    )


def check_call(words, where):
    name = words[0]
    if name in ("--help", "--version"):
        return
    assert name in COMMANDS, where
    for word in words[1:]:
        if re.match(r"--?[a-z]", word):
            assert word.split("=")[0] in options_of(name), (where, word)


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_of_blocks_exist(page):
    for line, words in commands(page):
        check_call(words, (page, line))


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_of_help_exist(name):
    for line in HELP[name].split("Examples:\n")[1].split("\n\n")[0].splitlines():
        for call in re.findall(r"\btandem ([a-z][^|<>)`]*)", line):
            check_call(call.replace("'", " ").replace('"', " ").split(), line)


@pytest.mark.parametrize("page", PAGES)
def test_names_in_the_text_exist(page):
    """Commands, options, variables and files in `code` of the text."""
    text = re.sub(r"```.*?```", "", text_of(page), flags=re.S)
    everything = "\n".join(HELP.values())
    options = {option for name in COMMANDS for option in options_of(name)}
    for code in re.findall(r"`([^`\n]+)`", text):
        call = re.match(r"tandem ([a-z]+)\b", code)
        if call:
            assert call.group(1) in COMMANDS, code
        if not code.startswith(("scripts/", "ctest", "cmake")):
            for option in re.findall(r"(?:^|\s)(--[a-z][\w-]+)", code):
                assert option in options, code
        for variable in re.findall(r"^([A-Z]{2,}_[A-Z_]+)(?:=\S*)?$", code):
            assert "$" + variable in everything or variable in HELP["pull"], code
        if re.match(r"(src|apps|docs|tests|tools|bench|include|examples|models)/[\w/.-]+$", code):
            assert (SOURCE / code).exists(), code


@pytest.mark.parametrize("page", [*PAGES, *BENCHES, "models/minilm/README.md"])
def test_links_and_scripts_exist(page):
    text, folder = text_of(page), (SOURCE / page).parent
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("http") or (folder / link).exists(), link
    for path in re.findall(r"(?:^|[\s(`])((?:scripts|bench|tests|tools)/[\w/.-]+\w)", text, re.M):
        assert (SOURCE / path).exists(), path


def test_rooms_and_presets_of_the_tour_exist():
    text = text_of("CONTRIBUTING.md")
    for room in re.findall(r"^\| `([\w/]+)/` ", text, re.M):
        assert (SOURCE / "src" / room).is_dir() or (SOURCE / room).is_dir(), room
    for room in (SOURCE / "src").iterdir():
        assert not room.is_dir() or f"| `{room.name}/` |" in text, room.name
    presets = json.loads(text_of("CMakePresets.json"))["configurePresets"]
    named = re.search(r"^Presets: (.*?)\. ", text, re.M | re.S).group(1)
    assert set(re.findall(r"`(\w+)`", named)) == {
        p["name"] for p in presets if not p.get("hidden")
    }


def test_the_ceiling_of_memory_is_the_tested_one():
    assert f"under {CEILING_MB} MB" in text_of("README.md")


def test_the_tables_of_the_schedule_are_what_bench_prints():
    """Virtual time comes out the same everywhere, so the page is held to the last digit."""
    rows = lambda text, cells: [  # noqa: E731
        row
        for row in (tuple(filter(None, map(str.strip, cells(line)))) for line in text.splitlines())
        if len(row) > 1 and re.fullmatch(r"[\d.]+|-", row[-1].rstrip(" %"))
    ]
    page = text_of("docs/schedule.md").split("## How good it is")[1].split("\n## ")[0]
    told = rows(page, lambda line: line.split("|") if line.startswith("|") else [])
    printed = rows(help_of("bench", "schedule"), lambda line: re.split(r"\s{2,}", line))
    assert len(told) > 30 and told == printed


# -- running them --


def home_of(tandem):
    """A home in which the files that the pages name are there."""
    make_tree(tandem.folder / "notes" / "src", 3)
    make_tree(tandem.folder / "src", 3)
    (tandem.folder / "page.html").write_text(
        "<html><title>T</title><main><h1>Head</h1><p>The text of a page.</p></main></html>"
    )
    bin_folder = tandem.folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "tandem").symlink_to(PROGRAM)
    return {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "HF_HUB_CACHE": str(tandem.folder / "hub"),
    }


def shell(tandem, line, env):
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", line],
        cwd=tandem.folder,
        env=tandem.environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, (line, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    return done.stdout


def to_run(page):
    """Lines of the page's blocks that are commands, but those listed above."""
    left_out = NOT_RUN.get(page, {})
    for line in block_lines(page):
        if not re.match(r"([A-Z_]+=\S* )*(tandem|echo) ", line):
            continue
        line = "; ".join(
            part for part in line.split("; ") if not any(part.startswith(n) for n in left_out)
        )
        if line:
            yield line


def serve(tandem, line, env):
    """A command that serves until it is told to end."""
    process = subprocess.Popen(
        shlex.split(f"env {line}"),
        cwd=tandem.folder,
        env=tandem.environment(**env),
        stderr=subprocess.PIPE,
        text=True,
    )
    seen = []
    for said in process.stderr:
        seen.append(said)
        if "serving on" in said:
            break
    else:
        pytest.fail(f"{line}: {seen}")
    process.send_signal(signal.SIGTERM)
    process.stderr.read()
    assert process.wait(timeout=60) == 0, line


def two_free_ports():
    with socket.socket() as a, socket.socket() as b:
        a.bind(("127.0.0.1", 0))
        b.bind(("127.0.0.1", 0))
        return f"{a.getsockname()[1]},{b.getsockname()[1]}"


@pytest.fixture
def hub():
    hub = Hub()
    hub.add("Alibaba-NLP/gte-base-en-v1.5", files_of("gte-new"))
    hub.add("nomic-ai/CodeRankEmbed", files_of("coderank"))
    hub.add("org/name", files_of("bert"), revision="revision")
    yield hub
    hub.close()


def test_commands_of_the_readme(tandem, site, hub):
    site.put("/", "<html><title>S</title><main><h1>S</h1><p>A site: <a href='/b'>b</a>.</p></main>")
    site.put("/b", "<html><title>B</title><main><h1>B</h1><p>How chunks are cut.</p></main>")
    env = {**home_of(tandem), "HF_ENDPOINT": hub.url, "TANDEM_PORT": "0"}
    n = 0
    for line in to_run("README.md"):
        n += 1
        if line == "tandem serve":
            serve(tandem, line, env)
        elif line.startswith("tandem search"):
            assert shell(tandem, line, env), line
        else:
            shell(tandem, line.replace(SITE, site.url + "/"), env)
    assert n >= 14
    assert "/b" in json.dumps([row for row in map(str, site.requests)])
    assert (tandem.folder / "run.html").read_text().startswith("<!doctype html>")


def test_commands_of_docs_models(tandem, hub):
    env = {**home_of(tandem), "HF_ENDPOINT": hub.url}
    if SANITIZED:  # models for every test, instead of those that the page brings
        tandem.small = False
    lines = list(to_run("docs/models.md"))
    for line in lines:
        shell(tandem, line, env)
    assert len(lines) == 6 and "gte-base-en-v1.5" in shell(tandem, "tandem models", env)


def test_commands_of_docs_backends(tandem, site):
    site.put("/", "<html><title>S</title><main><h1>S</h1><p>A page of a site.</p></main>")
    tandem.small = False
    env = home_of(tandem)
    n = 0
    with Server("tei", "prose") as a, Server("tei", "code") as b, Server("tei", "prose") as c:
        with Server("ollama", "nomic-embed-text") as ollama:
            swap = {
                "http://127.0.0.1:8080": a.url,
                "http://127.0.0.1:8081": b.url,
                "http://10.0.0.5:8080": a.url,
                "http://10.0.0.6:8080": c.url,
                "http://127.0.0.1:11434": ollama.url,
                SITE: site.url + "/",
            }
            for line in to_run("docs/backends.md"):
                if any(word in line for word in NOT_RUN["docs/backends.md"]):
                    continue
                for told, ours in swap.items():
                    line = line.replace(told, ours)
                # Each is about an index of its own: one is pinned to its models.
                shell(tandem, line, {**env, "TANDEM_DB": f"{n}.db"})
                n += 1
    assert n == 3


def test_commands_of_docs_api(tandem):
    env = {**home_of(tandem), "TANDEM_PORT": "0"}
    shell(
        tandem,
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost"
        " -keyout key.pem -out cert.pem",
        env,
    )
    shell(tandem, "tandem index --db notes.db notes", env)
    lines = list(to_run("docs/api.md"))
    for line in lines:
        if line.startswith("tandem mcp"):
            shell(tandem, line, env)
            continue
        line = line.replace("0.0.0.0", "127.0.0.1").replace("30001,30002", two_free_ports())
        serve(tandem, line, env)
    assert len(lines) == 4
