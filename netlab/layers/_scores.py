"""What the layers that compare queries with keys, with or without an axis of heads, share."""

from netlab.layers._masks import check_same
from netlab.layers.layer import Fix, Shape, ShapeError


def check_query_and_key(query: Shape, key: Shape, what: str) -> None:
    """Both B × … × d with the same batch, heads and d."""
    query.need_float(what, "query").need_rank((3, 4), what, "query")
    key.need_float(what, "key").need_rank(query.rank, what, "key")
    check_same("batch", query[0], "key", key[0])
    if query.rank == 4:
        check_same("heads of query", query[1], "key", key[1])
    width = query.size(-1, "query")
    if key.size(-1, "key") != width:
        message = f"Query and key have to be equally wide, but they are {query} and {key}. Put a Linear before key."
        linear = {"type": "linear", "options": {"out_features": width}}
        raise ShapeError(message, port="key", fixes=(Fix(f"Insert Linear with {width} outputs", "insert", linear),))
