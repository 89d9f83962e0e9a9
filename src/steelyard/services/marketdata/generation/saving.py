"""Keeping a generated market: in the catalog, or as a file of its own."""

from pathlib import Path

import numpy as np

from steelyard.model.errors import ConfigurationError
from steelyard.services.marketdata.generation.market import generate
from steelyard.services.marketdata.generation.settings import MarketSettings
from steelyard.store.catalog.catalog import Catalog
from steelyard.store.catalog.datasets import Dataset, Source, path_of
from steelyard.store.catalog.writing import describe, write_dataset


def save(
    settings: MarketSettings,
    seed: int,
    rng: np.random.Generator,
    *,
    out: Path | None,
    catalog: Catalog,
) -> tuple[Dataset, Path]:
    """Generate and write. In the catalog it replaces the made-up market before it, if any."""
    if out is not None and out.suffix != ".parquet":
        raise ConfigurationError(f"--out was {out}, allowed is a name that ends in .parquet")
    history = generate(settings, rng).in_memory()
    interval_ns = settings.interval_ns if settings.emits == "bars" else 0
    source = Source(
        name=f"generated, seed {seed}: {settings.as_text()}",
        family="generated",
        rows=history.rows,
        start_ns=history.start_ns,
        end_ns=history.end_ns,
    )
    dataset = describe(history, interval_ns=interval_ns, sources=(source,))
    path = out or path_of(catalog.root, dataset)
    return write_dataset(path, dataset, history.chunks()), path
