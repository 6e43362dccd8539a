"""The classifier that several pipelines train: it learns, and goes on from its state as from memory."""

import numpy as np

from scenarios._training.classifier import CLASSES, Classifier, made_images

EACH = 4


def test_images_are_the_same_for_the_same_seed() -> None:
    """All classes alike, and other noise by another seed."""
    images, labels = made_images(1, EACH)
    again, _ = made_images(1, EACH)
    assert np.array_equal(images, again)
    assert not np.array_equal(images, made_images(2, EACH)[0])
    assert (np.bincount(labels) == EACH).all()


def test_it_learns_from_epoch_to_epoch() -> None:
    """Far above the chance of one in 133, and better with time."""
    images, labels = made_images(1, EACH)
    learner, seen = Classifier(), []
    for _ in range(6):
        learner.train(images, labels)
        seen.append(learner.accuracy(*made_images(2, 1)))
    assert seen[-1] > seen[0] > 10 / CLASSES


def test_what_is_resumed_ends_like_what_was_never_interrupted() -> None:
    """Its state is all there is to it."""
    images, labels = made_images(1, EACH)
    whole, part = Classifier(), Classifier()
    for _ in range(4):
        whole.train(images, labels)
    for _ in range(2):
        part.train(images, labels)
    part = Classifier.from_bytes(part.to_bytes())
    for _ in range(2):
        part.train(images, labels)
    assert part.epoch == whole.epoch == 4
    assert np.array_equal(part.weights, whole.weights)
