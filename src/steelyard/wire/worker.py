"""The room of threads: one thread that does jobs in order and reports to the loop's thread.

Rule 1: whatever waits when the thread comes round is done as one batch, one answer per job. So the
slower the work, the larger the batch: that is what group commit needs.
Rule 2: answers reach the loop's thread through `tell` (`loop.call_soon_threadsafe`), one call per
batch, in the order of the jobs. A loop that is closed is told nothing any more.
Rule 3: a craft answers for each job, also when it fails. If it raises, that is a bug: whoever
waits (`ask`) gets the error, and the loop's thread raises it for all others.
Rule 4: the thread waits on a lock, it never spins. `stop` finishes what was put before. A process
that ends without `stop` loses what waits, as one that is killed.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

J = TypeVar("J")
A = TypeVar("A")
T = TypeVar("T")
J_contra = TypeVar("J_contra", contravariant=True)
A_co = TypeVar("A_co", covariant=True)

Tell: TypeAlias = Callable[..., object]
"""Call a function with arguments on the loop's thread, soon."""


class Craft(Protocol[J_contra, A_co]):
    """What a worker knows how to do; all of it is called from the worker's thread alone."""

    def work(self, jobs: Sequence[J_contra]) -> Sequence[A_co]:
        """Do a batch; one answer per job, in order."""
        ...

    def end(self) -> None:
        """Let go of everything; nothing is called afterwards."""
        ...


class Worker(Protocol[J_contra, A_co]):
    """Does jobs, one batch after the other, somewhere else."""

    def put(self, job: J_contra, heard: Callable[[A_co], None] | None) -> None:
        """Do a job after those that were put before; `heard` is called with its answer."""
        ...

    def ask(self, job: J_contra) -> A_co:
        """Do the same and wait for the answer; everybody on this thread waits too."""
        ...

    def stop(self) -> None:
        """Finish what was put before, and end."""
        ...


class _Asked(Generic[A]):
    """Somebody who waits: a lock that is opened once."""

    __slots__ = ("answers", "error", "opened")

    def __init__(self) -> None:
        self.opened = threading.Lock()
        self.opened.acquire()
        self.answers: list[A] = []
        self.error: BaseException | None = None


_Heard: TypeAlias = Callable[[A], None]
_Item: TypeAlias = tuple[J, _Heard[A] | _Asked[A] | None]


class ThreadWorker(Generic[J, A]):
    """A worker with a thread of its own."""

    def __init__(self, craft: Craft[J, A], tell: Tell, *, name: str) -> None:
        """Start the thread; `name` is what the system shows for it."""
        self._craft = craft
        self._tell = tell
        self._jobs: SimpleQueue[_Item[J, A] | None] = SimpleQueue()
        self._stopped = False
        # A daemon: a process that failed elsewhere must not hang on its way out.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, job: J, heard: _Heard[A] | None) -> None:
        """Do a job after those that were put before; `heard` is called on the loop's thread."""
        assert not self._stopped, "the worker was stopped"
        self._jobs.put((job, heard))

    def ask(self, job: J) -> A:
        """Do a job after those that were put before, and wait for its answer."""
        assert not self._stopped, "the worker was stopped"
        asked = _Asked[A]()
        self._jobs.put((job, asked))
        asked.opened.acquire()
        if asked.error is not None:
            raise asked.error
        return asked.answers[0]

    def stop(self) -> None:
        """Finish what was put before, and end the thread."""
        if not self._stopped:
            self._stopped = True
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        jobs = self._jobs
        item = jobs.get()
        while item is not None:
            batch = [item]
            while not jobs.empty():
                item = jobs.get()
                if item is None:
                    break
                batch.append(item)
            self._do(batch)
            if item is not None:
                item = jobs.get()
        self._craft.end()

    def _do(self, batch: list[_Item[J, A]]) -> None:
        try:
            answers = self._craft.work([job for job, _ in batch])
            assert len(answers) == len(batch), "a craft answers for every job"
        except BaseException as error:  # noqa: BLE001 - the thread's rim: see rule 3
            self._failed(batch, error)
            return
        news: list[tuple[_Heard[A], A]] = []
        for (_, heard), answer in zip(batch, answers, strict=True):
            if isinstance(heard, _Asked):
                heard.answers.append(answer)
                heard.opened.release()
            elif heard is not None:
                news.append((heard, answer))
        if len(news) == 1:
            self._say(*news[0])
        elif news:
            self._say(self._pass_on, iter(news))

    def _pass_on(self, news: Iterator[tuple[_Heard[A], A]]) -> None:
        """Call everybody, on the loop's thread; one who raises does not silence the next."""
        for heard, answer in news:
            try:
                heard(answer)
            except Exception as error:  # noqa: BLE001 - raised again, in a call of its own
                self._say(_raise, error)

    def _failed(self, batch: list[_Item[J, A]], error: BaseException) -> None:
        for _, heard in batch:
            if isinstance(heard, _Asked):
                heard.error = error
                heard.opened.release()
        if any(not isinstance(heard, _Asked) for _, heard in batch):
            self._say(_raise, error)

    def _say(self, call: Callable[..., None], *args: Any) -> None:
        try:
            self._tell(call, *args)
        except RuntimeError:
            return  # the loop is closed: nobody is left to hear


class HereWorker(Generic[J, A]):
    """A worker on the loop's own thread: for work that is shorter than a thread's wake-up.

    The first job of a pass of the loop is done, and its answer heard, within the call that puts it;
    those that follow in the same pass are one batch of the next. Everybody waits for the work, so
    it must never wait for a disk or a network.
    """

    def __init__(self, craft: Craft[J, A], tell: Tell) -> None:
        """Use `tell` to come back in the next pass."""
        self._craft, self._tell = craft, tell
        self._waiting: list[tuple[J, _Heard[A] | None]] = []
        self._gathers = False
        self._stopped = False

    def put(self, job: J, heard: _Heard[A] | None) -> None:
        """Do a job after those that were put before; `heard` is called with its answer."""
        assert not self._stopped, "the worker was stopped"
        if self._gathers:
            self._waiting.append((job, heard))
            return
        self._gathers = True
        self._tell(self._turn)
        self._waiting.append((job, heard))
        self._do()

    def ask(self, job: J) -> A:
        """Do a job after those that were put before, and return its answer."""
        assert not self._stopped, "the worker was stopped"
        self._do()
        return self._craft.work([job])[0]

    def stop(self) -> None:
        """Finish what was put before, and end."""
        if not self._stopped:
            self._stopped = True
            self._do()
            self._craft.end()

    def _turn(self) -> None:
        """Begin another pass."""
        if self._waiting:
            self._tell(self._turn)  # what comes of these answers goes together, too
            self._do()
        else:
            self._gathers = False

    def _do(self) -> None:
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        answers = self._craft.work([job for job, _ in batch])
        assert len(answers) == len(batch), "a craft answers for every job"
        for at, (_, heard) in enumerate(batch):
            if heard is None:
                continue
            try:
                heard(answers[at])
            except Exception as error:  # noqa: BLE001 - raised again, in a call of its own
                self._tell(_raise, error)


class AsyncCraft(Protocol[J_contra, A_co]):
    """A craft whose parts are coroutines."""

    async def work(self, jobs: Sequence[J_contra]) -> Sequence[A_co]:
        """Do a batch; one answer per job, in order."""
        ...

    async def end(self) -> None:
        """Let go of everything."""
        ...


class OwnLoop(Generic[J, A]):
    """Makes a craft of coroutines a plain one: its loop runs only while there is work."""

    def __init__(self, craft: AsyncCraft[J, A]) -> None:
        """Begin with a loop of its own, which belongs to whoever works first."""
        self._craft = craft
        self._runner = asyncio.Runner()

    def work(self, jobs: Sequence[J]) -> Sequence[A]:
        """Do a batch; one answer per job, in order."""
        return self.run(self._craft.work(jobs))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run one coroutine to its end."""
        return self._runner.run(work)

    def end(self) -> None:
        """End the craft, then the loop."""
        self._runner.run(self._craft.end())
        self._runner.close()


def _raise(error: BaseException) -> None:
    raise error
