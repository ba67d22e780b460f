"""Installations as they are deployed: real services, asked through GraphQL, by a clock that can be set."""
