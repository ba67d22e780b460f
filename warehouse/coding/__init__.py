"""Coding: from stored events to issued codes, their history and their forecast."""
