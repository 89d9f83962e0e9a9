"""Parameters: typed, documented, validated; one description serves code, help, forms and pages.

Rule 1: a parameter without default is required and never guessed.
Rule 2: a bad value is refused with what was found, what is allowed and the unit.
Rule 3: values arrive as text (command line, TOML, API) and leave typed: int, Decimal, bool, str.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn

from steelyard.model.decimals import format_decimal, parse_decimal
from steelyard.model.errors import ConfigurationError, NumberError


class Form(StrEnum):
    """How the text of a value is read."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEXT = "text"
    LIST = "list"  # comma-separated texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter. `default` None means required; bounds are inclusive unless said otherwise."""

    name: str
    form: Form
    unit: str
    doc: str
    doc_zh: str = ""
    default: Any = None
    minimum: Decimal | None = None
    above: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[str, ...] = ()
    changeable: bool = False

    @property
    def required(self) -> bool:
        """Say whether a value must be given."""
        return self.default is None

    @property
    def allowed(self) -> str:
        """Say in words what may be given."""
        if self.form is Form.BOOLEAN:
            return "true or false"
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.form in (Form.TEXT, Form.LIST):
            return "text" if self.form is Form.TEXT else "comma-separated text"
        kind = "a whole number" if self.form is Form.INTEGER else "a decimal"
        bounds = []
        if self.above is not None:
            bounds.append(f"above {format_decimal(self.above)}")
        if self.minimum is not None:
            bounds.append(f"at least {format_decimal(self.minimum)}")
        if self.maximum is not None:
            bounds.append(f"at most {format_decimal(self.maximum)}")
        tail = f" {' and '.join(bounds)}" if bounds else ""
        return f"{kind}{tail}" + (f" ({self.unit})" if self.unit else "")

    def read(self, value: Any) -> Any:
        """Return the typed value of a text, number or boolean; refuse what is not allowed."""
        match self.form:
            case Form.BOOLEAN:
                return self._boolean(value)
            case Form.CHOICE:
                text = str(value).strip()
                if text not in self.choices:
                    self._refuse(value)
                return text
            case Form.TEXT:
                return str(value).strip()
            case Form.LIST:
                parts = value if isinstance(value, (list, tuple)) else str(value).split(",")
                texts = tuple(str(part).strip() for part in parts if str(part).strip())
                if self.choices and any(text not in self.choices for text in texts):
                    self._refuse(value)
                return texts
            case _:
                return self._number(value)

    def _boolean(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text in {"true", "yes", "on", "1"}:
            return True
        if text in {"false", "no", "off", "0"}:
            return False
        return self._refuse(value)

    def _number(self, value: Any) -> int | Decimal:
        # TOML has a float type; its shortest text is what the person wrote.
        text = repr(value) if isinstance(value, float) else value
        try:
            number = parse_decimal(text, self.name)
        except NumberError:
            self._refuse(value)
        inside = (
            (self.above is None or number > self.above)
            and (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
        )
        if not inside or (self.form is Form.INTEGER and number != int(number)):
            self._refuse(value)
        return int(number) if self.form is Form.INTEGER else number

    def _refuse(self, value: Any) -> NoReturn:
        raise ConfigurationError(f"{self.name} was {str(value)!r}, allowed is {self.allowed}")


def parameter(
    default: Any = None, *, unit: str, doc: str, doc_zh: str = "",
    minimum: str | int | None = None, above: str | int | None = None,
    maximum: str | int | None = None, choices: tuple[str, ...] = (), changeable: bool = False,
) -> Any:  # fmt: skip
    """Declare a parameter as the value of an annotated class attribute.

    `fast: int = parameter(20, unit="bars", doc="…")`

    The annotation (int, Decimal, bool, str, tuple[str, ...]) gives its form.
    """
    return _Declared(
        default=default, unit=unit, doc=doc, doc_zh=doc_zh,
        minimum=None if minimum is None else Decimal(minimum),
        above=None if above is None else Decimal(above),
        maximum=None if maximum is None else Decimal(maximum),
        choices=choices, changeable=changeable,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    default: Any
    unit: str
    doc: str
    doc_zh: str
    minimum: Decimal | None
    above: Decimal | None
    maximum: Decimal | None
    choices: tuple[str, ...]
    changeable: bool


_FORMS: dict[Any, Form] = {
    int: Form.INTEGER, "int": Form.INTEGER, Decimal: Form.DECIMAL, "Decimal": Form.DECIMAL,
    bool: Form.BOOLEAN, "bool": Form.BOOLEAN, str: Form.TEXT, "str": Form.TEXT,
    tuple[str, ...]: Form.LIST, "tuple[str, ...]": Form.LIST,
}  # fmt: skip


def declared_parameters(owner: type) -> tuple[Parameter, ...]:
    """Collect the parameters a class declares, its bases' first."""
    found: dict[str, Parameter] = {}
    for kind in reversed(owner.__mro__):
        for name, annotation in vars(kind).get("__annotations__", {}).items():
            declared = vars(kind).get(name)
            if not isinstance(declared, _Declared):
                continue
            form = _FORMS.get(annotation)
            if form is None:
                raise ConfigurationError(
                    f"{kind.__name__}.{name} was annotated {annotation!r}, "
                    "allowed are int, Decimal, bool, str and tuple[str, ...]"
                )
            if form is Form.TEXT and declared.choices:
                form = Form.CHOICE
            default = declared.default
            if form is Form.DECIMAL and default is not None:
                default = Decimal(str(default))
            found[name] = Parameter(
                name=name, form=form, unit=declared.unit, doc=declared.doc,
                doc_zh=declared.doc_zh, default=default, minimum=declared.minimum,
                above=declared.above, maximum=declared.maximum, choices=declared.choices,
                changeable=declared.changeable,
            )  # fmt: skip
    return tuple(found.values())


def read_parameters(
    parameters: Iterable[Parameter], given: Mapping[str, Any], *, owner: str
) -> dict[str, Any]:
    """Return every parameter's value, the given ones read and the others at their default."""
    known = {p.name: p for p in parameters}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigurationError(
                f"{owner} has no parameter {name!r}, allowed are {', '.join(known)}{hint}"
            )
    missing = [p for p in known.values() if p.required and p.name not in given]
    if missing:
        names = ", ".join(f"{p.name} ({p.unit}: {p.doc})" for p in missing)
        raise ConfigurationError(f"{owner} needs {names}; give it as --set {missing[0].name}=VALUE")
    return {n: p.read(given[n]) if n in given else p.default for n, p in known.items()}
