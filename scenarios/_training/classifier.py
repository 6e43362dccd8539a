"""A classifier of 133 classes of small images, and the images: both made by a seed, both of numpy alone.

An image of a class is that class's own pattern under noise; the classifier is a softmax regression, trained
by epochs, whose state can be written down after each and gone on with elsewhere.
"""

import io
from typing import Self

import numpy as np
from numpy.typing import NDArray

CLASSES = 133
PIXELS = 12 * 12
# The patterns lie close to each other, in few dimensions: one epoch tells six classes of ten apart.
DIMENSIONS, NOISE = 8, 0.3
BATCH, RATE = 133, 0.1

Images = NDArray[np.float32]
Labels = NDArray[np.int64]


def made_images(seed: int, each: int) -> tuple[Images, Labels]:
    """Return *each* images of every class, shuffled, and their classes. The patterns are always the same."""
    always = np.random.default_rng(0)
    patterns = always.normal(size=(CLASSES, DIMENSIONS)) @ always.normal(size=(DIMENSIONS, PIXELS))
    random = np.random.default_rng(seed)
    labels = random.permutation(np.repeat(np.arange(CLASSES), each))
    images = patterns[labels] / np.sqrt(DIMENSIONS) + NOISE * random.normal(size=(len(labels), PIXELS))
    return (images / np.sqrt(PIXELS)).astype(np.float32), labels


class Classifier:
    """`epoch` counts the epochs that it was trained for."""

    def __init__(self, weights: Images | None = None, epoch: int = 0) -> None:
        self.weights = np.zeros((PIXELS, CLASSES), np.float32) if weights is None else weights
        self.epoch = epoch

    def train(self, images: Images, labels: Labels) -> None:
        """Go once through all *images*."""
        wanted = np.eye(CLASSES, dtype=np.float32)
        for at in range(0, len(labels), BATCH):
            batch = images[at : at + BATCH]
            wrong = self.scores(batch) - wanted[labels[at : at + BATCH]]
            self.weights -= RATE * batch.T @ wrong
        self.epoch += 1

    def scores(self, images: Images) -> Images:
        """Return the share that each class has of each image."""
        raw = images @ self.weights
        shares = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)

    def accuracy(self, images: Images, labels: Labels) -> float:
        """Return the share of *images* whose class it finds."""
        return float((self.scores(images).argmax(axis=1) == labels).mean())

    def to_bytes(self) -> bytes:
        """Return its state, a file of numpy's."""
        written = io.BytesIO()
        np.savez(written, weights=self.weights, epoch=np.int64(self.epoch))
        return written.getvalue()

    @classmethod
    def from_bytes(cls, state: bytes) -> Self:
        """Return the classifier that `to_bytes` wrote."""
        with np.load(io.BytesIO(state)) as read:
            return cls(read["weights"], int(read["epoch"]))
