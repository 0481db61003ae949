"""A campaign of trivial commands."""

from dataclasses import replace

import pytest

from testkit.campaigns import Trial, git
from toolchain.campaign import Campaign


@pytest.fixture
def trial(tmp_path):
    """Three parts that measure at once, in a repository of one commit."""
    project = tmp_path / "project"
    (project / "kept").mkdir(parents=True)
    (project / ".gitignore").write_text("/reports/\n")
    (project / "code").write_text("1\n")
    (project / "kept/record").write_text("")
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Begin"]):
        git(project, *words)
    made = Trial(project, tmp_path / "notes", Campaign("trial", "a trial", ()))
    made.notes.write_text("")
    renew = ("sh", "-c", 'for path; do basename "$path" .json; done > kept/record', "sh")
    parts = tuple(map(made.part, ("one", "two", "three")))
    made.campaign = replace(made.campaign, parts=parts, renew=renew, records=("kept",), packages=("pytest", "none"))
    return made
