"""The catalog: market history on disk, a Parquet file a dataset, read a million rows at a time."""
