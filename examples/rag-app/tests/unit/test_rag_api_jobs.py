"""The queue of changes and its worker."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from plugins.rag_api import until

from docs_qa.api.problems import Problem
from docs_qa.rag_api.jobs import Job, Jobs, Stopping


class Recording:
    """Remembers what it was given; fails, or breaks, for names that say so."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, bytes]] = []
        self.threads: set[str] = set()

    def __call__(self, job: Job, file: Path | None) -> bool:
        self.threads.add(threading.current_thread().name)
        if job.subject.startswith("bug"):
            raise ValueError("a secret of the process")
        if job.subject.startswith("broken"):
            job.problem = "cannot be read"
            return False
        self.done.append((job.action, job.subject, file.read_bytes() if file else b""))
        job.done = job.total
        return True


def worked_off(jobs: Jobs, *wanted: Job) -> None:
    jobs.start()
    until(lambda: all(job.state in {"done", "failed"} for job in wanted))
    jobs.stop()


def test_jobs_are_done_in_order_in_a_thread(tmp_path: Path) -> None:
    async def run() -> None:
        work = Recording()
        jobs = Jobs(tmp_path / "inbox", 10, work)
        first = await jobs.put("a.md", b"A")
        second = jobs.url("https://example.org/b")
        third = jobs.sync()
        assert [job.state for job in (first, second, third)] == ["queued"] * 3
        worked_off(jobs, first, second, third)
        assert work.done == [
            ("put", "a.md", b"A"),
            ("url", "https://example.org/b", b""),
            ("sync", "", b""),
        ]
        assert threading.main_thread().name not in work.threads
        assert jobs.find(first.job) is first
        assert first.state == "done"
        assert list((tmp_path / "inbox").iterdir()) == []

    asyncio.run(run())


def test_a_failure_ends_its_job_and_not_the_worker(tmp_path: Path) -> None:
    async def run() -> None:
        work = Recording()
        jobs = Jobs(tmp_path / "inbox", 10, work)
        broken = await jobs.put("broken.pdf", b"?")
        bug = await jobs.put("bug.pdf", b"?")
        fine = await jobs.put("fine.md", b"!")
        worked_off(jobs, broken, bug, fine)
        assert [job.state for job in (broken, bug, fine)] == ["failed", "failed", "done"]
        assert broken.problem == "cannot be read"
        assert bug.problem == "The failure was logged"
        assert list((tmp_path / "inbox").iterdir()) == []

    asyncio.run(run())


def test_a_full_queue_refuses_and_says_when_to_return(tmp_path: Path) -> None:
    async def run() -> None:
        jobs = Jobs(tmp_path / "inbox", 2, Recording())
        await jobs.put("a", b"")
        jobs.url("https://example.org")
        for ask in (jobs.sync, lambda: jobs.url("https://example.org")):
            with pytest.raises(Problem) as refused:
                ask()
            assert refused.value.status == 503
            assert "retry-after" in refused.value.headers
        with pytest.raises(Problem):
            await jobs.put("b", b"")

    asyncio.run(run())


def test_one_waiting_look_at_the_folder_is_enough(tmp_path: Path) -> None:
    async def run() -> None:
        jobs = Jobs(tmp_path / "inbox", 10, Recording())
        assert jobs.sync() is jobs.sync()

    asyncio.run(run())


def test_accepted_uploads_survive_the_process(tmp_path: Path) -> None:
    async def accept() -> list[str]:
        jobs = Jobs(tmp_path / "inbox", 10, Recording())
        accepted = [await jobs.put("a.md", b"A"), await jobs.put("b.md", b"B")]
        return [job.job for job in accepted]

    ids = asyncio.run(accept())
    being_written, abandoned = tmp_path / "inbox" / ".now", tmp_path / "inbox" / ".once"
    for unfinished in (being_written, abandoned):
        unfinished.mkdir()
        (unfinished / "c.md").write_bytes(b"ha")
    os.utime(abandoned, (0, 0))
    work = Recording()
    jobs = Jobs(tmp_path / "inbox", 10, work)
    jobs.start()
    until(lambda: len(work.done) == 2)
    jobs.stop()
    assert work.done == [("put", "a.md", b"A"), ("put", "b.md", b"B")]
    assert [job.state for name in ids if (job := jobs.find(name))] == ["done", "done"]
    assert list((tmp_path / "inbox").iterdir()) == [being_written]


def test_a_job_that_is_broken_off_waits_for_the_next_process(tmp_path: Path) -> None:
    def broken_off(job: Job, file: Path | None) -> bool:
        del job, file
        raise Stopping

    async def run() -> None:
        jobs = Jobs(tmp_path / "inbox", 10, broken_off)
        waiting = [await jobs.put("a.md", b"A"), await jobs.put("b.md", b"B")]
        jobs.start()
        until(lambda: waiting[0].state == "running")
        jobs.stop()
        assert [job.state for job in waiting] == ["running", "queued"]

    asyncio.run(run())
    assert len(list((tmp_path / "inbox").iterdir())) == 2
