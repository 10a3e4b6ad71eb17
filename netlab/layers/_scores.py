"""What the layers that compare queries with keys, with or without an axis of heads, share."""

from netlab.language import tr
from netlab.layers._fixes import insert_linear
from netlab.layers._masks import check_same
from netlab.layers.layer import Shape, ShapeError


def check_query_and_key(query: Shape, key: Shape, what: str) -> None:
    """Both B × … × d with the same batch, heads and d."""
    query.need_float(what, "query").need_rank((3, 4), what, "query")
    key.need_float(what, "key").need_rank(query.rank, what, "key")
    check_same(tr("Batch"), query[0], "key", key[0])
    if query.rank == 4:
        check_same(tr("Heads of query"), query[1], "key", key[1])
    width = query.size(-1, "query")
    if key.size(-1, "key") != width:
        message = tr(
            "Query and key have to be equally wide, but they are {query} and {key}. Put a Linear before key.",
            query=query,
            key=key,
        )
        raise ShapeError(message, port="key", fixes=(insert_linear(width),))
