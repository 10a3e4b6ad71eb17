"""The settings of a training job, declared once for the form, the file and the command line."""

from __future__ import annotations

from netlab.options import Choice, Float, Int, Options


class Training(Options):
    """How a model is trained."""

    epochs = Int(10, min=1, max=1_000_000, unit="epochs", help="How often the training rows are gone through.")
    batch_size = Int(32, min=1, max=1_000_000, unit="samples", help="Samples for one optimizer step.")
    optimizer = Choice("adam", ("adam", "sgd"), help="The rule by which gradients change the weights.")
    learning_rate = Float(1e-3, min=0.0, max=1e12, log=True, help="η, the size of a step. Changes take effect live.")
    momentum = Float(0.9, min=0.0, max=0.9999, help="How much of the last update SGD keeps.")
    weight_decay = Float(0.0, min=0.0, max=10.0, log=True, help="Pull of the weights towards zero.")
    seed = Int(0, min=0, max=2**31 - 1, help="Fixes weights, data order and dropout: same seed, same numbers.")
    device = Choice("auto", ("auto", "cpu", "cuda", "mps"), help="Where to train; auto takes a GPU if there is one.")
    checkpoint_seconds = Float(
        20.0, min=1.0, max=86400.0, unit="s", help="Time between checkpoints, on top of one per epoch."
    )
