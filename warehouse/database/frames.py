"""Frames in and out of the warehouse, and the names every module here uses for the connection and the log."""

import logging

import duckdb

Connection = duckdb.DuckDBPyConnection
log = logging.getLogger("riskcode")
