"""The compiler works ahead of the machine."""

from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture(scope="module")
def compiled(request):
    """The contracts of each bug of a file; the compiler works on the next ones while the machine looks for one."""
    chosen = [item.callspec.params["mutant"] for item in request.session.items if item.path == request.path]
    with ThreadPoolExecutor(1) as compiler:
        yield {mutant: compiler.submit(mutant.artifacts) for mutant in chosen}
        compiler.shutdown(cancel_futures=True)
