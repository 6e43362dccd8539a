"""The gateway over a backend that the tests of one process share: started once, emptied between them."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import open_backend
from harness.clock import Clock, ClockSpec
from harness.config import ACCESS_KEY, SECRET_KEY, Credentials, Settings
from harness.errors import BackendError, EnvironmentFault, ScenarioError
from harness.pytest_plugin.session import RehearsalSession
from harness.sessions import client

if TYPE_CHECKING:
    from harness import journal

# What empties an emulator, by its name: moto's "Reset API", MiniStack's page "Internal endpoints".
RESET_PATHS = {"moto": "/moto-api/reset", "ministack": "/_ministack/reset"}
RESET_TIMEOUT_S = 20.0


class AwsBackend:
    """The fixture `aws_backend`: a running gateway at `url`, which answers as AWS does, in one account.

    One for each process of pytest, so one for each worker of pytest-xdist. `records` is what was journalled
    since it was last emptied. Model time runs as `clock` says and begins anew when it is emptied.
    """

    def __init__(self, settings: Settings, clock: str, *, iam: str, seed: int, log_dir: Path) -> None:
        self.clock = ClockSpec.parse(clock)
        if self.clock.is_virtual:
            raise ScenarioError(
                "aws_backend serves real calls, and none can be on the clock 'virtual'; use the fixture "
                "virtual_clock"
            )
        self._iam = Mode(iam)
        self._seed = seed
        self._life = ExitStack()
        self._sessions: list[RehearsalSession] = []
        self._port = 0
        self.records: list[journal.Record] = []
        self._backend = self._life.enter_context(open_backend(settings.backend, settings, log_dir))
        self._is_ours = "://" not in settings.backend
        self._settings = replace(settings, account_id=self._backend.account_id)
        self.name = settings.backend
        try:
            self._open()
        except BaseException:
            self._life.close()
            raise

    @property
    def region(self) -> str:
        """The region that clients call."""
        return self._settings.region

    @property
    def account_id(self) -> str:
        """The account in which everything is."""
        return self._settings.account_id

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which any AWS client of another program speaks to this backend."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    @cached_property
    def session(self) -> RehearsalSession:
        """The boto3 session of the account itself, which may do everything."""
        made = RehearsalSession(self.url, self.region)
        self._sessions.insert(0, made)
        return made

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of the account itself."""
        return self.session.client(service, **options)

    def as_role(self, role: str, *, session_name: str = "test") -> RehearsalSession:
        """Return a boto3 session under *role*, a role's name or ARN, that must be there.

        Where policies are enforced its trust policy must let somebody in: one of the services it trusts, for
        whom the test stands in, else the account. Raises BackendError where nobody is let in.
        """
        made = RehearsalSession(self.url, self.region, self._assume(role, session_name))
        self._sessions.append(made)
        return made

    def calls(self, service: str = "", operation: str = "") -> "list[journal.Exchange]":
        """Return the calls since the backend was last emptied, of *service* ("sqs") and *operation*."""
        from harness import journal

        return [
            one
            for one in self.records
            if isinstance(one, journal.Exchange)
            and (not service or one.service == service)
            and (not operation or one.operation == operation)
        ]

    @property
    def findings(self) -> "list[journal.Finding]":
        """What a client should know about its calls: arguments that AWS refuses, policies that are unused."""
        from harness import journal

        return [one for one in self.records if isinstance(one, journal.Finding)]

    def deploy(
        self, template: str | Path, parameters: Mapping[str, str] | None = None, *, name: str = ""
    ) -> dict[str, str]:
        """Deploy a CloudFormation, SAM, CDK or Terraform *template* and return its outputs.

        Endpoints whose model is not there answer with the request itself. Raises ScenarioError for a template
        that cannot be read, or naming the resource that was refused.
        """
        from harness.stacks import Surroundings, deploy
        from harness.templates.load import load

        loaded = load(
            str(template),
            parameters=parameters or {},
            stack=name,
            region=self.region,
            account=self.account_id,
        )
        self._stage.stand_in_for_models()
        where = Surroundings(self._own_client, self.region, self.account_id, time.sleep)
        made = deploy(loaded, where)
        if not made.ok:
            raise ScenarioError(f"Stack {made.stack!r} could not be deployed: {made.failure}")
        return dict(made.outputs)

    def reset(self) -> None:
        """Empty the backend: all resources, all records; model time begins anew. The address stays.

        Raises ScenarioError for a backend that somebody else runs, EnvironmentFault where an emulator died.
        """
        if not self._is_ours or any(one.name not in RESET_PATHS for one in self._backend.addresses):
            raise ScenarioError(
                f"aws_backend does not empty {self.name!r}, which may hold what others need; say "
                "--harness-reset never, and name things so that tests do not meet"
            )
        self._check()
        self._close_gateway()
        for address in self._backend.addresses:
            _post(address.host, address.port, RESET_PATHS[address.name], address.name)
        self.records = []
        self._open()

    def reset_where_used(self) -> None:
        """Empty the backend if anybody has called it since it was last emptied."""
        if self.calls():
            self.reset()

    @property
    def can_reset(self) -> bool:
        """Whether `reset` works here."""
        return self._is_ours and all(one.name in RESET_PATHS for one in self._backend.addresses)

    def close(self) -> None:
        """End it with all that it started."""
        try:
            self._close_gateway()
        finally:
            self._life.close()

    # -- the gateway -----

    def _open(self) -> None:
        """Serve, at the address of before where there was one."""
        records = self.records
        self._stage = Stage(
            Clock(self.clock),
            records.append,
            self._backend.route,
            self._settings,
            seed=self._seed,
            iam=self._iam,
        )
        self._gateway = Gateway(self._stage, port=self._port)
        self._gateway.__enter__()
        self.url = self._gateway.url
        self._port = int(self.url.rsplit(":", 1)[1])
        if not self._is_ours:
            self._stage.await_on_loop(self._stage.learn())

    def _close_gateway(self) -> None:
        for session in self._sessions:
            session.close()
        self._sessions = self._sessions[:1]  # that of the account; roles are gone with what they were made of
        self.__dict__.pop("_clients", None)
        self._gateway.__exit__(None, None, None)

    def _check(self) -> None:
        if dead := self._backend.dead():
            raise EnvironmentFault(f"{dead}; run the tests again")

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def _own_client(self, service: str, **signed: Any) -> Any:
        """Return a client of the test's own, the same one each time where nothing is said of who signs."""
        if signed:
            return client(service, self.url, region=self.region, **signed)
        if service not in self._clients:
            self._clients[service] = self.client(service)
        return self._clients[service]

    # -- roles -----

    def _assume(self, role: str, session_name: str) -> Credentials:
        from botocore.exceptions import ClientError

        name = role.rsplit("/", 1)[-1]
        try:
            found = self._own_client("iam").get_role(RoleName=name)["Role"]
            services = _services(found["AssumeRolePolicyDocument"])
            if self._iam is Mode.OFF and services:
                from harness.run.credentials import assumed
                from harness.scenario import Role

                declared = Role(name, tuple(services))
                return assumed(declared, [session_name], self._own_client, self.account_id)[0]
            signed = {}
            if services:
                service = self._stage.permission.act_as(services[0])  # type: ignore[union-attr]
                signed = {"access_key": service.access_key, "secret_key": service.secret_key}
            sts = self._own_client("sts", **signed)
            answer = sts.assume_role(RoleArn=found["Arn"], RoleSessionName=session_name)["Credentials"]
            if signed:
                sts.close()
        except ClientError as error:
            raise BackendError(f"Nobody can act as role {name!r}: {error}", service="sts") from error
        return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])


def _services(trust: Any) -> list[str]:
    """Return the services that a trust policy lets in."""
    document = json.loads(trust) if isinstance(trust, str) else trust
    statements = document.get("Statement", [])
    found: list[str] = []
    for one in [statements] if isinstance(statements, Mapping) else statements:
        principal = one.get("Principal")
        named = principal.get("Service", []) if isinstance(principal, Mapping) else []
        if one.get("Effect") == "Allow":
            found += [named] if isinstance(named, str) else _texts(named)
    return found


def _texts(values: Sequence[Any]) -> list[str]:
    return [str(value) for value in values]


def _post(host: str, port: int, path: str, name: str) -> None:
    connection = HTTPConnection(host, port, timeout=RESET_TIMEOUT_S)
    try:
        connection.request("POST", path)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise EnvironmentFault(f"{name} could not be emptied: {error}; run the tests again") from error
    finally:
        connection.close()
    if status != 200:
        raise EnvironmentFault(f"{name} could not be emptied: it answered {status}; run the tests again")
