"""Warehouse stores: deliveries in, DuckDB, the published copy.  No Dagster here."""
