"""A Locust user that does nothing, for the test that its processes end."""

from locust import User, constant, task


class Idler(User):
    wait_time = constant(1)

    @task
    def idle(self) -> None:
        pass
