"""Finding a strategy: one of ours by name, or a user's own file as `my.py:MyStrategy`."""

import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from steelyard.kernel.plain import Strategy
from steelyard.kernel.strategy import CompiledStrategy
from steelyard.model.errors import ConfigurationError, InputError
from steelyard.model.parameters import Parameter
from steelyard.strategies.registry import STRATEGIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A strategy and what names its code: `tag` is empty for ours."""

    name: str
    strategy: CompiledStrategy | type[Strategy]
    parameters: tuple[Parameter, ...]
    tag: str


def find_strategy(text: str) -> Found:
    """Return the strategy `text` names."""
    if text in STRATEGIES:
        ours = STRATEGIES[text]
        return Found(name=text, strategy=ours, parameters=ours.parameters, tag="")
    file, colon, name = text.rpartition(":")
    if not colon or not file.endswith(".py"):
        raise ConfigurationError(
            f"strategy was {text!r}, allowed are {', '.join(STRATEGIES)} "
            "or a file of your own as path/to/my.py:MyStrategy"
        )
    path = Path(file)
    if not path.is_file():
        raise ConfigurationError(f"strategy file {file!r} was not found")
    found = _load(path, name)
    tag = hashlib.sha256(path.read_bytes()).hexdigest()
    if isinstance(found, CompiledStrategy):
        return Found(name=found.name, strategy=found, parameters=found.parameters, tag=tag)
    return Found(name=name, strategy=found, parameters=found.parameters, tag=tag)


def _load(path: Path, name: str) -> CompiledStrategy | type[Strategy]:
    module_name = f"steelyard_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except InputError:
        raise
    except Exception as error:  # a user's file may raise anything
        raise ConfigurationError(
            f"strategy file {path} does not load: {type(error).__name__}: {error}"
        ) from error
    found = getattr(module, name, None)
    if isinstance(found, CompiledStrategy):
        return found
    if isinstance(found, type) and issubclass(found, Strategy) and found is not Strategy:
        return found
    offered = [
        key
        for key, value in vars(module).items()
        if isinstance(value, CompiledStrategy)
        or (isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy)
    ]
    raise ConfigurationError(
        f"{path} has no strategy {name!r}, it offers {', '.join(offered) or 'none'}"
    )
