"""Models come in: modules of plain PyTorch, `.pt2` programs, ONNX files and weights. One file a kind of model.

All roads lead to `sketch.Sketch`, a graph that grows layer by layer and knows the shapes by the layers' own rules.
"""
