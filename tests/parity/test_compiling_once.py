"""One loop, compiled once: what differs between files must not be a type to the compiler."""

from dataclasses import replace

from steelyard.app.assemble import bound_drive
from steelyard.model.history import EMPTY, Chunk
from steelyard.services.marketdata.generation.settings import Emits
from steelyard.store.catalog.columns import MemoryHistory
from tests.parity.markets import market
from tests.parity.play import GRID, Task, play

COLUMNS = ("ts_ns", "kind", "instrument", "a", "b", "c", "d", "e")


def as_mapped_from_a_file(history: MemoryHistory) -> MemoryHistory:
    """Return the rows in columns that nobody may write, as those of a file are."""
    columns = {name: getattr(history.table, name).copy() for name in COLUMNS}
    for column in columns.values():
        column.flags.writeable = False
    return replace(history, table=Chunk(**columns))


def test_rows_from_memory_and_from_files_of_every_kind_run_the_same_machine_code() -> None:
    given = {"price_interval": "150", "order_quantity": "100"}
    for emits in Emits:
        memory = market(4, emits=emits, count=50)
        for history in (memory, as_mapped_from_a_file(memory), replace(memory, table=EMPTY)):
            play(Task(history=history, given=given))

    assert len(bound_drive(GRID).signatures) == 1  # type: ignore[attr-defined]  # a dispatcher
