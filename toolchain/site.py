"""The site of `./run docs`: the repository's pages, and a reference from the docstrings; broken links are failures."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from toolchain.environments import Environment
from toolchain.installer import say
from toolchain.places import HOME, ROOT, SetupError, environment

ENVIRONMENT = Environment("docs")
PAGES = HOME / "site/pages"
SITE = ROOT / "site"
FOLDERS = ("docs", "contracts", "tests", "benchmarks/results")
SINGLE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
NOT_FOR_READERS = {"cli"}  # the command line documents itself by --help


def pages() -> list[Path]:
    """All Markdown pages of the repository that the site shows."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.md"))]
    return [*(ROOT / name for name in SINGLE if name.endswith(".md")), *found]


def linked(page: Path) -> Iterator[Path]:
    """Files of the repository that a page links to: pictures, scripts, data, other pages."""
    for target in LINK.findall(page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            yield (page.parent / target).resolve()


def gather() -> None:
    """Copy all pages and what they link to into one tree; a link that leads nowhere stays one, and is found later."""
    shutil.rmtree(PAGES, ignore_errors=True)
    waiting, seen = pages(), set[Path]()
    while waiting:
        page = waiting.pop()
        if page in seen or not page.is_file() or not page.is_relative_to(ROOT):
            continue
        seen.add(page)
        copy = PAGES / page.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)
        if page.suffix == ".md":
            waiting.extend(linked(page))


def write_reference() -> None:
    """Write one page for each room of the library; the site generator fills it from the docstrings."""
    folder = PAGES / "reference"
    folder.mkdir(parents=True)
    package = ROOT / "powerpact"
    modules = [path for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    rooms = sorted(path.stem for path in modules if not path.name.startswith("_") and path.name not in NOT_FOR_READERS)
    lines = [
        "# The library",
        "",
        "::: powerpact",
        "    options:",
        "      show_root_heading: false",
        "      show_submodules: false",
        "",
        "## All rooms",
        "",
    ]
    for room in rooms:
        title = f"powerpact.{room}"
        page = folder / f"{title}.md"
        page.write_text(f"# {title}\n\n::: {title}\n    options:\n      show_root_heading: false\n")
        lines.append(f"- [`{title}`]({page.name})")
    (folder / "README.md").write_text("\n".join(lines) + "\n")


def build() -> int:
    """Build the site into `site/`; return the exit code of the generator, which fails on every warning."""
    gather()
    write_reference()
    command = [str(ENVIRONMENT.binary("mkdocs")), "build", "--strict", "--clean"]
    try:
        code = subprocess.call(command, cwd=ROOT, env={**environment(), "NO_MKDOCS_2_WARNING": "true"})
    except OSError as fault:
        raise SetupError(f"cannot run {command[0]}: {fault.strerror}. Remove .home/env/docs and try again.") from fault
    if code == 0:
        say(f"open {SITE / 'index.html'}")
    return code
