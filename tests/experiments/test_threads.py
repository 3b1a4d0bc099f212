"""What must hold of the threads of the libraries: one in a run and on a page."""

import sys
import types

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from lecture_code.experiments.threads import on_one_thread, use_one_thread


@pytest.fixture
def told(monkeypatch):
    """What a stand-in for torch is told: numbers of threads, the last one counts."""
    numbers = [4]
    torch = types.SimpleNamespace(
        get_num_threads=lambda: numbers[-1], set_num_threads=numbers.append
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    return numbers


def pools():
    """The numbers of threads of all libraries that are loaded."""
    return {pool["num_threads"] for pool in threadpool_info()}


def test_a_page_computes_on_one_thread_from_then_on(told):
    """After the call BLAS and torch have one thread, and nothing sets them back."""
    with threadpool_limits(limits=2):  # sets the pools back after the test
        before = pools()
        use_one_thread()
        assert pools() == {1} and told == [4, 1]
    assert before != {1}, "nothing was tested: there was one thread before"


def test_a_run_computes_on_one_thread_and_sets_it_back(told):
    """Inside BLAS and torch have one thread, afterwards as many as before, also if the
    run fails.
    """
    with threadpool_limits(limits=2):
        before = pools()
        with on_one_thread():
            assert pools() == {1} and told == [4, 1]
        assert pools() == before and told == [4, 1, 4]

        @on_one_thread()
        def fail():
            assert pools() == {1} and told[-1] == 1
            raise RuntimeError("stop")

        with pytest.raises(RuntimeError, match="stop"):
            fail()
        assert pools() == before and told == [4, 1, 4, 1, 4]


def test_a_page_without_torch_needs_no_torch(monkeypatch):
    """Where torch is not imported, it is not missed."""
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with threadpool_limits(limits=2), on_one_thread():
        use_one_thread()
        assert pools() == {1} and "torch" not in sys.modules
