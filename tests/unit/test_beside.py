"""Work beside work: it is done when the block is left, and its faults are told here."""

from __future__ import annotations

import os
import threading
import time

import pytest
from bbsim import beside as room
from bbsim.beside import beside


@pytest.fixture(params=[True, False], ids=["a copy", "no copy"])
def copied(request, monkeypatch):
    if request.param and threading.active_count() > 1:
        pytest.skip("another thread may hold a lock")
    monkeypatch.setattr(room, "_may_fork", lambda: request.param)
    return request.param


@pytest.mark.usefixtures("copied")
def test_work_that_goes_before_is_done_when_the_block_begins(tmp_path):
    with beside(lambda: (tmp_path / "a").write_text("done"), before=True):
        assert (tmp_path / "a").read_text() == "done"


@pytest.mark.usefixtures("copied")
def test_what_it_writes_is_there_when_the_block_is_left(tmp_path):
    with beside(lambda: (tmp_path / "a").write_text("done")):
        (tmp_path / "b").write_text("too")
    assert [(tmp_path / name).read_text() for name in "ab"] == ["done", "too"]


def test_the_copy_is_another_process_and_changes_nothing_here(copied, tmp_path):
    seen = []

    def work() -> None:
        seen.append(1)
        (tmp_path / "pid").write_text(str(os.getpid()))

    with beside(work):
        pass
    assert (int((tmp_path / "pid").read_text()) != os.getpid(), not seen) == (copied, copied)


@pytest.mark.usefixtures("copied")
def test_its_fault_is_raised_here(tmp_path):
    with pytest.raises(FileNotFoundError), beside(lambda: (tmp_path / "no" / "a").write_text("")):
        pass


def test_a_fault_of_the_body_ends_the_copy_before_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_may_fork", lambda: True)
    fork, copies = os.fork, []

    def noted() -> int:
        copies.append(fork())
        return copies[-1]

    monkeypatch.setattr(os, "fork", noted)
    here = tmp_path / "late"

    def slow() -> None:
        time.sleep(5)
        here.write_text("written into what is gone")

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), beside(slow):
        raise KeyboardInterrupt
    time.sleep(max(0.0, 0.2 - (time.monotonic() - began)))
    assert not here.exists()
    assert len(copies) == 1
    with pytest.raises(ChildProcessError):  # it has been waited for
        os.waitpid(copies[0], os.WNOHANG)


def test_a_process_with_other_threads_is_not_copied():
    gate = threading.Event()
    other = threading.Thread(target=gate.wait)
    other.start()
    try:
        assert not room._may_fork()
    finally:
        gate.set()
        other.join()
