"""The catalog: market history on disk, one Parquet file per dataset, read a million rows at a time."""
