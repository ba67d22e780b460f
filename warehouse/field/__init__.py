"""The ledger of the desk: filings, records, photos, users and what each of them did.

It is a database of its own (SQLite, or PostgreSQL by URL) that no run of the warehouse writes, and it never opens the
warehouse.  What counts goes back by the outbox, as a delivery like any other.
"""
