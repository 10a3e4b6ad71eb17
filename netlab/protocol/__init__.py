"""What is said between the processes: commands, and summaries of what probes saw. Frozen tagged structs.

May import msgspec only.
"""
