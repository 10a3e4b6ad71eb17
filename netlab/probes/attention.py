"""Attention: which position looks at which, for every head."""

from netlab.probes.probe import ATTENTION, Probe, Seen, array
from netlab.protocol.summaries import Attention as AttentionSummary


class Attention(Probe):
    """The attention weights of every head for one sample of the validation data."""

    title = "Watch attention"
    reads = ATTENTION
    fits = (
        "multi_head_attention",
        "grouped_query_attention",
        "local_attention",
        "relative_attention",
        "alibi_attention",
        "additive_attention",
    )

    def summarise(self, seen: Seen) -> AttentionSummary:
        return AttentionSummary(array(seen.arrays["weights"], "<f2"), seen.queries, seen.keys, seen.causal)
