"""The Debian packages, unpacked into a folder: what is in them, and that it works from there."""

import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import SOURCE, Tandem

BUILD = pathlib.Path(os.environ["TANDEM_BUILD"])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    if not shutil.which("dpkg-deb") or not (BUILD / "CPackConfig.cmake").exists():
        pytest.skip("packages are made of unsanitized builds, on Debian and its kin")
    folder = tmp_path_factory.mktemp("packages")
    subprocess.run(
        ["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder], check=True, cwd=folder
    )
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder / "root"], check=True)
    return folder / "root"


def test_the_packaged_program_indexes_and_answers(root, tmp_path):
    (tmp_path / "a.md").write_text("# Shed\n\nThe key hangs behind the door.\n")
    tandem = Tandem(tmp_path, program=root / "usr/bin/tandem")
    tandem.run("index", "a.md")
    assert tandem.run("search", "where is the key").stdout.startswith(b" 1  ")


def test_manual_pages_and_completions_are_in_it(root):
    share = root / "usr/share"
    assert (share / "man/man1/tandem.1").exists() and (share / "man/man1/tandem-index.1").exists()
    for script in ("bash-completion/completions/tandem", "zsh/vendor-completions/_tandem",
                   "fish/vendor_completions.d/tandem.fish"):
        assert (share / script).stat().st_size > 0


def test_a_program_is_built_with_the_installed_library(root, tmp_path):
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "tandem"],
        env={**os.environ, "PKG_CONFIG_PATH": str(next(root.glob("usr/lib/**/pkgconfig")))},
        capture_output=True, text=True, check=True,
    ).stdout.split()
    notes = pathlib.Path(tmp_path, "notes")
    subprocess.run(["cc", SOURCE / "examples/notes.c", *flags, "-o", notes], check=True)
    (tmp_path / "a.md").write_text("# Shed\n\nThe key hangs behind the door.\n")
    done = subprocess.run(
        [notes, tmp_path / "n.db", tmp_path, "where is the key?"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "a.md" in done.stdout, done


def test_the_service_is_hardened(root):
    unit = (root / "usr/lib/systemd/system/tandem.service").read_text()
    assert "/bin/tandem serve\n" in unit
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"):
        assert line in unit.splitlines()
