"""Where things are in a container of SageMaker's, below a root that is /opt/ml on AWS.

SageMaker developer guide, "How Amazon SageMaker AI Runs Your Training Image", section "Folder structure".
"""

from dataclasses import dataclass

ROOT = "/opt/ml"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files of one instance, below *root*."""

    root: str = ROOT

    @property
    def input(self) -> str:
        """What comes in."""
        return f"{self.root}/input"

    @property
    def config(self) -> str:
        """hyperparameters.json, resourceconfig.json, inputdataconfig.json."""
        return f"{self.root}/input/config"

    def channel(self, name: str) -> str:
        """Return the folder of a channel's objects."""
        return f"{self.root}/input/data/{name}"

    @property
    def model(self) -> str:
        """What becomes model.tar.gz."""
        return f"{self.root}/model"

    @property
    def output(self) -> str:
        """What goes out beside the model."""
        return f"{self.root}/output"

    @property
    def output_data(self) -> str:
        """What becomes output.tar.gz."""
        return f"{self.root}/output/data"

    @property
    def intermediate(self) -> str:
        """SM_OUTPUT_INTERMEDIATE_DIR."""
        return f"{self.root}/output/intermediate"

    @property
    def failure(self) -> str:
        """Where a program says why it failed: its first 1,024 characters become FailureReason."""
        return f"{self.root}/output/failure"

    @property
    def checkpoints(self) -> str:
        """What is kept in S3 beside the run (CheckpointConfig, LocalPath)."""
        return f"{self.root}/checkpoints"

    @property
    def code(self) -> str:
        """The program of script mode."""
        return f"{self.root}/code"

    def moved(self, path: str) -> str:
        """Return *path*, which is one of a container, below this root."""
        if path == ROOT or path.startswith(ROOT + "/"):
            return self.root + path[len(ROOT) :]
        return path
