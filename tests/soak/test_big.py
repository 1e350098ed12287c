"""Promise 11: a large file leaves a worker's memory as it was; the short form."""

from tests.soak.big import SHORT, run
from tests.soak.serving import serving


def test_promise_11_a_large_file_goes_up_and_comes_down_whole_in_flat_memory() -> None:
    with serving() as served:
        found = run(served, SHORT)
    assert len(found) == 4
    assert [line for one in found for line in one.wrong] == []
