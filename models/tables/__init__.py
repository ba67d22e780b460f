"""The canonical tables: one declaration from which DDL, contract, checks, documents and samples come."""
