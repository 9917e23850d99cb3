"""Manual pages and completions: they come from the program's own tables, so all must be in them."""

import shutil
import subprocess

import pytest
from conftest import PROGRAM


def output(*args):
    done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, check=True)
    return done.stdout


def commands():
    part = output("--help").split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in part.splitlines()]


@pytest.mark.parametrize("command", ["", *commands()])
def test_every_manual_page_is_without_faults(command):
    page = output("man", *filter(None, [command]))
    lint = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning"], input=page, capture_output=True, text=True
    )
    faults = [line for line in lint.stdout.splitlines() if "missing date" not in line]
    assert not faults, faults


@pytest.mark.parametrize("command", commands())
def test_a_manual_page_has_every_option_of_help(command):
    page = output("man", command).replace("\\-", "-")
    listed = output(command, "--help").split("Options:\n")[1]
    for option in (word for word in listed.split() if word.startswith("--")):
        assert option in page


def test_a_manual_page_of_no_command_is_refused():
    done = subprocess.run([PROGRAM, "man", "nothing"], capture_output=True, text=True)
    assert done.returncode == 2 and "nothing is no command" in done.stderr


def test_bash_completes_commands_options_and_values():
    script = output("completions", "bash")

    def complete(*words):
        line = " ".join(f"'{word}'" for word in words)
        shell = f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _tandem; "
        shell += 'echo "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert complete("tandem", "sea") == ["search"]
    assert complete("tandem", "index", "--strat") == ["--strategy"]
    assert complete("tandem", "index", "--strategy", "pi") == ["pipelined"]
    assert complete("tandem", "models", "--strat") == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_accept_their_completion(shell, tmp_path):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not here")
    (tmp_path / "script").write_text(output("completions", shell))
    subprocess.run([shell, "-n", tmp_path / "script"], check=True)
