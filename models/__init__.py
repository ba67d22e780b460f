"""Models think: frames in, frames out.  No clock, no files but the packaged policy, no Dagster, DuckDB or GX."""
