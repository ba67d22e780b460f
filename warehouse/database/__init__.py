"""What is said once about DuckDB: connections, frames in and out, versions, runs, copies, reading."""
