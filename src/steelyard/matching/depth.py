"""A venue's order book by price levels, and what of it our own orders consumed.

Rule 1: what we took of a level stays taken until the venue's next update of that level.
Rule 2: a full side drops its worst level for a better one and ignores a worse one.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.matching.ladder import close_rung, find_key, open_rung


@part
def set_level(rungs: Records, at: int, count: int, room: int, key: int, quantity: int) -> int:
    """Give a level its new quantity, 0 removes it; return how many levels the side has now."""
    where = find_key(rungs, at, count, key)
    if where < at + count and nth(rungs, where).key == key:
        if quantity == 0:
            close_rung(rungs, at, count, where)
            return count - 1
        nth(rungs, where).quantity = quantity
        nth(rungs, where).taken = 0
        return count
    if quantity == 0:
        return count
    if count == room:
        if where == at:
            return count
        close_rung(rungs, at, count, at)
        count -= 1
    where = open_rung(rungs, at, count, key)
    nth(rungs, where).quantity = quantity
    return count + 1


@part
def quantity_at(rungs: Records, at: int, count: int, key: int) -> int:
    """Return what stands at a level: 0 where nothing does, -1 beyond the worst known level."""
    if count == 0 or key < nth(rungs, at).key:
        return -1
    where = find_key(rungs, at, count, key)
    if where < at + count and nth(rungs, where).key == key:
        return nth(rungs, where).quantity
    return 0


@part
def reachable(rungs: Records, at: int, count: int, worst_key: int, quantity: int) -> int:
    """Return how much of `quantity` can be taken from levels of at least `worst_key`."""
    found = 0
    for i in range(at + count - 1, at - 1, -1):
        if nth(rungs, i).key < worst_key or found >= quantity:
            break
        found += nth(rungs, i).quantity - nth(rungs, i).taken
    return min(found, quantity)


@part
def last_key_for(rungs: Records, at: int, count: int, quantity: int) -> int:
    """Return the key of the worst level that taking `quantity` would touch; 0 on an empty side."""
    found = 0
    key = 0
    for i in range(at + count - 1, at - 1, -1):
        key = nth(rungs, i).key
        found += nth(rungs, i).quantity - nth(rungs, i).taken
        if found >= quantity:
            break
    return key
