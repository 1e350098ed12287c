"""A refused upload costs no memory, and its answer reaches the client: the short form."""

from tests.soak.refused import SHORT, run
from tests.soak.serving import serving


def test_19_a_refused_upload_costs_no_memory_and_its_answer_can_be_read() -> None:
    with serving() as served:
        results = list(run(served, SHORT, slow=False))
    assert len(results) == 16
    assert [(one.refusal.name, one.way.name, one.wrong) for one in results if one.wrong] == []
