"""The training program of a job, in script mode: one process an instance, which add up what they learnt.

Run as SageMaker runs it: hyperparameters are arguments, channels and hosts stand in the environment. In each
epoch an instance goes through its own share of the images; what all of them learnt in it is added up.
"""

import argparse
import json
import os
import socket
import struct
import time
from pathlib import Path

import numpy as np

from scenarios._training.classifier import CLASSES, PIXELS, Classifier, Images, Labels

PORT = 7777
MEET_WITHIN_S = 60.0
RETRY_S = 0.05


def main() -> None:
    """Train for the epochs that are asked for; the first instance leaves the model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    epochs = parser.parse_args().epochs
    hosts, host = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
    images, labels = read_images(Path(os.environ["SM_CHANNEL_TRAINING"]))
    tests = read_images(Path(os.environ["SM_CHANNEL_TEST"]))
    print(f"{host} of {len(hosts)} trains on {len(labels)} images", flush=True)
    group = Group(host, hosts)
    learner = Classifier()
    for _ in range(epochs):
        before = learner.weights.copy()
        learner.train(images, labels)
        learner.weights = before + group.added_up(learner.weights - before)
        if host == hosts[0]:
            accuracy = learner.accuracy(*tests)
            print(f"epoch={learner.epoch}; test accuracy={accuracy:.4f};", flush=True)
    group.close()
    if host == hosts[0]:
        save(learner, Path(os.environ["SM_MODEL_DIR"]))


def read_images(folder: Path) -> tuple[Images, Labels]:
    """Return the images of all files in *folder*, and their classes."""
    images, labels = [], []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as read:
            images.append(read["images"])
            labels.append(read["labels"])
    return np.concatenate(images), np.concatenate(labels)


class Group:
    """The instances of the job: the first collects what all have learnt, and gives the sum back."""

    def __init__(self, host: str, hosts: list[str]) -> None:
        self._is_first = host == hosts[0]
        self._others: list[socket.socket] = []
        if len(hosts) == 1:
            return
        if self._is_first:
            with socket.create_server((host, PORT)) as door:
                door.settimeout(MEET_WITHIN_S)
                self._others = [door.accept()[0] for _ in hosts[1:]]
        else:
            self._others = [_reached(hosts[0])]

    def added_up(self, learnt: Images) -> Images:
        """Return the sum of what all instances call this with."""
        if not self._others:
            return learnt
        if not self._is_first:
            _send(self._others[0], learnt)
            return _receive(self._others[0], learnt.shape)
        every = [learnt, *(_receive(one, learnt.shape) for one in self._others)]
        total = np.asarray(np.sum(every, axis=0), np.float32)
        for one in self._others:
            _send(one, total)
        return total

    def close(self) -> None:
        """Let the others go."""
        for one in self._others:
            one.close()


def save(learner: Classifier, folder: Path) -> None:
    """Write *learner* into *folder* as an ONNX graph: rows of pixels in, the number of the class out."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["images", "weights"], ["scores"]),
            helper.make_node("ArgMax", ["scores"], ["found"], axis=1, keepdims=1),
            helper.make_node("Cast", ["found"], ["classes"], to=TensorProto.FLOAT),
        ],
        "classifier",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [None, PIXELS])],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(learner.weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "model.json").write_text(json.dumps({"name": "dog-images", "classes": CLASSES}))


def _reached(host: str) -> socket.socket:
    give_up_at = time.monotonic() + MEET_WITHIN_S
    while True:
        try:
            return socket.create_connection((host, PORT), timeout=MEET_WITHIN_S)
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(RETRY_S)


def _send(to: socket.socket, weights: Images) -> None:
    data = weights.tobytes()
    to.sendall(struct.pack("!Q", len(data)) + data)


def _receive(source: socket.socket, shape: tuple[int, ...]) -> Images:
    size = struct.unpack("!Q", _exactly(source, 8))[0]
    return np.frombuffer(_exactly(source, size), np.float32).reshape(shape)


def _exactly(source: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = source.recv(size - len(found))
        if not part:
            raise ConnectionError("another instance is gone")
        found += part
    return bytes(found)


if __name__ == "__main__":
    main()
