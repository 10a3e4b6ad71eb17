"""Runs: folders that one process writes and any number may read. May import protocol and document, sqlite3, numpy.

A run folder holds `project.netlab`, `job.json`, `model.py`, `run.sqlite`, `commands.jsonl` and `checkpoints/`.
"""
