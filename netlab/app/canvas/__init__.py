"""The canvas: a scene that follows the document, a view to look at it, and one tool a gesture."""
