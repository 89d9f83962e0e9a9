"""Tables as pointers: how compiled parts hand records to one another without paying for it.

numba passes an array as seven words and counts references to it, atomically, at every call; a
record is one pointer and counts nothing. So the doors of the simulator take arrays and go in with
`start(array)`, the first record, and everything inside reads record i as `nth(first, i)`.

Rule 1: only contiguous arrays, owned by the caller for the length of the call.
Rule 2: like all compiled parts, `nth` checks no bounds.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from numba.core import cgutils, types
from numba.extending import intrinsic

from steelyard.jit.parts import Records

_building: Any = cgutils  # numba types these two only in part
_types: Any = types


def _start(_: Any, table: Any) -> Any:
    if not isinstance(table, types.Array) or table.layout != "C" or table.ndim != 1:
        return None
    inner = table.dtype
    first = inner if isinstance(inner, types.Record) else _types.CPointer(inner)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, values[0])
        return builder.bitcast(array.data, context.get_value_type(first))

    return first(table), generate


def _nth(_: Any, first: Any, index: Any) -> Any:
    if not isinstance(first, types.Record) or not isinstance(index, types.Integer):
        return None

    def generate(context: Any, builder: Any, __: Any, values: Any) -> Any:
        size = context.get_constant(types.intp, first.size)
        offset = builder.mul(values[1], size)
        return _building.pointer_add(builder, values[0], offset, return_type=values[0].type)

    return first(first, types.intp), generate


def _put(_: Any, target: Any, origin: Any) -> Any:
    if not isinstance(target, types.Record) or target != origin:
        return None

    def generate(context: Any, builder: Any, __: Any, values: Any) -> Any:
        one = context.get_constant(types.intp, 1)
        _building.raw_memcpy(builder, values[0], values[1], one, target.size, align=8)
        return context.get_dummy_value()

    return types.void(target, origin), generate


start: Final = cast("Callable[[Records], Records]", intrinsic(_start))
"""Return the first record of a table, or a pointer to a column's first number."""

nth: Final = cast("Callable[[Records, int], Records]", intrinsic(_nth))
"""Return record `index` of the table that begins at `first`."""

put: Final = cast("Callable[[Records, Records], None]", intrinsic(_put))
"""Copy the second record over the first."""
