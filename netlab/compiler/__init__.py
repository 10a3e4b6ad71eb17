"""The compiler: from a project to shapes, problems and readable PyTorch source. Plain Python throughout.

May import document, layers and data (and what lies below them); never torch: `infer` answers within a frame, and
`source` writes text that the engine executes.
"""
