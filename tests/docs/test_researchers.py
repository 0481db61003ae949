"""The examples of the page for researchers are true."""

import doctest

from toolchain.places import ROOT


def test_the_examples_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(ROOT / "docs/researchers.md"), module_relative=False)
    assert failed == 0
    assert tried > 20
