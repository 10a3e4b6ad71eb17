"""One gesture a file: press makes a tool, moves feed it, release or Escape ends it."""
