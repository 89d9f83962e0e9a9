"""Incidents of machines: clocks that jump, disks that fill, processes that die or stand still.

Each says whether it came about; what happens at the venue and on the wire stands in `incidents`.
"""

from collections.abc import Callable
from typing import Any

from steelyard.kernel.ports import Request
from steelyard.model.reports import Linked
from steelyard.services.simulation.incidents import Scene, jump
from steelyard.services.simulation.network import MS, SECOND, Sent
from steelyard.services.simulation.storage import Committed
from steelyard.services.simulation.tape import Stream


def step_clock(scene: Scene, luck: Stream) -> bool:
    """Let a machine's clock jump by seconds."""
    process = scene.house.process
    if process is None:
        return False
    process.host.set_clock((luck.below(12_001) - 6_000) * MS)
    # What the line measured before a step back is too old now: its stamps are refused as stale.
    process.line.error_ns = -luck.below(6_000) * MS
    scene.time.put(None, 30 * SECOND, _right_clock, process.host)
    return True


def shift_clock(scene: Scene, luck: Stream) -> bool:
    """Let a machine's clock jump by an hour, as a wrong time zone or a long sleep does."""
    process = scene.house.process
    if process is None:
        return False
    process.host.set_clock(3_600 * SECOND if luck.below(2) else -3_600 * SECOND)
    scene.time.put(None, 60 * SECOND, _right_clock, process.host)
    return True


def _right_clock(host: Any) -> None:
    host.offset_ns = 0


def stall(scene: Scene, luck: Stream) -> bool:
    """Let a process stand still for seconds."""
    return scene.house.stall(SECOND + luck.below(9_000) * MS)


def second_engine(scene: Scene, luck: Stream) -> bool:
    """Freeze a process, start a second one, let the first wake: at best with a create to send."""
    duration_ns = 40 * SECOND + luck.below(50) * SECOND
    if luck.below(2):
        return scene.house.pause(duration_ns)
    return _at_next_intent(scene, lambda: scene.house.pause(duration_ns))


def drain(scene: Scene, luck: Stream) -> bool:
    """Deploy."""
    return scene.house.drain()


def new_version(scene: Scene, luck: Stream) -> bool:
    """Deploy another version."""
    scene.house.version = str(int(scene.house.version) + 1)
    return scene.house.drain()


def stop_and_die(scene: Scene, luck: Stream) -> bool:
    """Ask a process to stop, and cut its power while it does."""
    process = scene.house.process
    if process is None or not scene.house.drain():
        return False
    scene.time.put(None, luck.below(2_000) * MS, process.host.die)
    return True


def power_cut(scene: Scene, luck: Stream) -> bool:
    """Cut the power now."""
    process = scene.house.process
    if process is None:
        return False
    process.host.die()
    return True


def die_twice(scene: Scene, luck: Stream) -> bool:
    """Cut the power, and again soon after the restart."""
    if not power_cut(scene, luck):
        return False
    scene.time.put(None, 4 * SECOND + luck.below(3_000) * MS, power_cut, scene, luck)
    return True


def die_before_send(scene: Scene, luck: Stream) -> bool:
    """Cut the power when the next intent is written, before it leaves."""
    return _at_next_intent(scene, lambda: power_cut(scene, luck))


def _at_next_intent(scene: Scene, do: Callable[[], bool]) -> bool:
    storage = scene.storage

    def written(committed: Committed) -> None:
        if any(row.intents for row in committed.rows):
            storage.on_commit = None
            do()

    if storage.on_commit is not None:
        return False
    storage.on_commit = written
    return True


def die_after_send(scene: Scene, luck: Stream) -> bool:
    """Cut the power when the next create has left, before its reply."""
    wires, house = scene.wires, scene.house

    def cut(sent: Sent) -> None:
        if sent.request == Request.PLACE:
            wires.on_sent = None
            if (process := house.process) is not None:
                scene.time.put(None, luck.below(2) * MS, process.host.die)

    wires.on_sent = cut
    return True


def die_after_fill(scene: Scene, luck: Stream) -> bool:
    """Cut the power when the next fill is told."""
    wires, house = scene.wires, scene.house

    def cut() -> None:
        wires.on_fill = None
        if (process := house.process) is not None:
            scene.time.put(None, luck.below(200) * MS, process.host.die)

    wires.on_fill = cut
    return True


def down_for_long(scene: Scene, luck: Stream) -> bool:
    """Cut the power for many minutes."""
    scene.house.down_min_ns = (5 + luck.below(30)) * 60 * SECOND
    return power_cut(scene, luck)


def down_while_stopped_out(scene: Scene, luck: Stream) -> bool:
    """Cut the power, and let the market run through the stops before anybody is back."""
    scene.house.down_min_ns = 20 * SECOND
    if not power_cut(scene, luck):
        return False
    scene.time.put(None, 5 * SECOND, jump, scene, luck)
    return True


def disk_full(scene: Scene, luck: Stream) -> bool:
    """Let the disk take nothing for a while."""
    scene.storage.full_until_ns = scene.time.at_ns + SECOND + luck.below(60) * SECOND
    return True


def news_storm(scene: Scene, luck: Stream) -> bool:
    """Flood the private stream with what was said already."""
    for line in scene.wires.lines:
        for _ in range(500):
            line.frame(Linked(ts_ns=scene.time.now_ns()))
    return bool(scene.wires.lines)


def trip_kill(scene: Scene, luck: Stream) -> bool:
    """Pull the kill switch; a person clears it before the faults end."""
    if scene.house.killed:
        return False
    scene.house.kill(True)
    scene.time.put(None, 60 * SECOND + luck.below(600) * SECOND, scene.house.kill, False)
    return True
