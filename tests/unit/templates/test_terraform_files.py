"""Folders of Terraform's files as templates."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.templates.load import load as load_any
from harness.templates.model import Template, token
from harness.templates.order import order
from harness.templates.terraform import load

SAME = Path(__file__).parents[2] / "data" / "same_stack"
Written = Callable[..., Template]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str, files: dict[str, str] | None = None, **options: str) -> Template:
        for name, content in {"main.tf": text, **(files or {})}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        return load(tmp_path, stack="s", parameters=options)

    return write


def test_a_folder_is_read_by_the_loader_of_templates() -> None:
    """In CloudFormation's words, each property with its line."""
    template = load_any(SAME / "terraform")
    queue = template.resources["aws_sqs_queue.queue"]
    assert (template.language, template.not_covered) == ("terraform", ())
    assert (queue.type, dict(queue.properties)) == (
        "AWS::SQS::Queue",
        {
            "QueueName": "same-queue",
            "VisibilityTimeout": 60,
            "RedrivePolicy": {
                "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:same-dead",
                "maxReceiveCount": 3,
            },
        },
    )
    lines = (SAME / "terraform" / "main.tf").read_text().splitlines()
    assert "visibility_timeout" in lines[(queue.line_of("VisibilityTimeout") or 0) - 1]
    assert 'resource "aws_sqs_queue" "queue"' in lines[(queue.line or 0) - 1]
    assert queue.depends_on == ("aws_sqs_queue.dead",)
    policy = template.resources["aws_sqs_queue_policy.queue"]
    assert policy.properties["Queues"] == [token("aws_sqs_queue.queue", "Ref")]
    assert policy.properties["PolicyDocument"]["Statement"][0]["Condition"] == {
        "ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:same-jobs"}
    }
    assert template.outputs == {"topic": {"Value": "arn:aws:sns:us-east-1:123456789012:same-jobs"}}
    assert template.assets == {("aws_lambda_function.worker", "Code"): str(SAME / "terraform" / "worker.zip")}


def test_what_cloudformation_keeps_inside_is_put_inside() -> None:
    """A role's attachments; its own policies stay resources of their own."""
    template = load(SAME / "terraform", stack="s")
    assert "aws_iam_role_policy_attachment.logs" not in template.resources
    assert template.resources["aws_iam_role.worker"].properties["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]
    assert template.resources["aws_iam_role_policy.queue"].properties["Roles"] == ["same-worker"]


BUCKET = """
resource "aws_s3_bucket" "in" { bucket = "in" }
resource "aws_s3_bucket_versioning" "in" {
  bucket = aws_s3_bucket.in.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_notification" "in" {
  bucket = aws_s3_bucket.in.id
  lambda_function {
    lambda_function_arn = aws_lambda_function.f.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "raw/"
  }
  depends_on = [aws_lambda_permission.in]
}
resource "aws_lambda_permission" "in" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.f.function_name
  principal     = "s3.amazonaws.com"
  source_arn    = aws_s3_bucket.in.arn
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = "arn:aws:iam::123456789012:role/f"
  environment { variables = { BUCKET = aws_s3_bucket.in.bucket } }
}
"""


def test_a_notification_and_its_permission_make_no_circle(written: Written) -> None:
    """The bucket comes last, as in CloudFormation: its name is known before it is made."""
    template = written(BUCKET)
    made = order(template)
    assert made == ["aws_lambda_function.f", "aws_lambda_permission.in", "aws_s3_bucket.in"]
    bucket = template.resources["aws_s3_bucket.in"].properties
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["NotificationConfiguration"] == {
        "LambdaConfigurations": [
            {
                "Event": "s3:ObjectCreated:*",
                "Function": "arn:aws:lambda:us-east-1:123456789012:function:f",
                "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "raw/"}]}},
            }
        ]
    }


MODULES = """
variable "names" { type = set(string) }
locals { all = [for name in var.names : upper(name)] }
module "queue" {
  source   = "./queue"
  for_each = var.names
  name     = each.key
}
resource "aws_sns_topic" "t" {
  count = 2
  name  = "t-${count.index}"
}
resource "aws_sns_topic_subscription" "s" {
  for_each  = module.queue
  topic_arn = aws_sns_topic.t[1].arn
  protocol  = "sqs"
  endpoint  = each.value.arn
}
output "all" { value = local.all }
output "topics" { value = aws_sns_topic.t[*].name }
"""
QUEUE = """
variable "name" {}
resource "aws_sqs_queue" "this" {
  name = "${var.name}-queue"
  dynamic "nothing" {
    for_each = []
    content {}
  }
}
output "arn" { value = aws_sqs_queue.this.arn }
"""


def test_modules_count_and_for_each(written: Written) -> None:
    """Addresses as Terraform writes them, references through a module's outputs."""
    template = written(MODULES, {"queue/main.tf": QUEUE}, names='["b", "a"]')
    assert list(template.resources) == [
        "aws_sns_topic.t[0]",
        "aws_sns_topic.t[1]",
        'aws_sns_topic_subscription.s["a"]',
        'aws_sns_topic_subscription.s["b"]',
        'module.queue["a"].aws_sqs_queue.this',
        'module.queue["b"].aws_sqs_queue.this',
    ]
    subscription = template.resources['aws_sns_topic_subscription.s["b"]']
    assert subscription.properties["Endpoint"] == "arn:aws:sqs:us-east-1:123456789012:b-queue"
    assert subscription.depends_on == ("aws_sns_topic.t[1]", 'module.queue["b"].aws_sqs_queue.this')
    assert template.outputs == {"all": {"Value": ["A", "B"]}, "topics": {"Value": ["t-0", "t-1"]}}


def test_values_come_from_files_and_then_from_the_caller(written: Written) -> None:
    """terraform.tfvars, *.auto.tfvars, then what is given; optional members have their defaults."""
    text = """
    variable "size" { type = number }
    variable "more" { type = object({ a = string, b = optional(number, 5) }) }
    output "found" { value = [var.size, var.more.b] }
    """
    files = {"terraform.tfvars": 'size = 1\nmore = { a = "x" }\n', "z.auto.tfvars": "size = 2\n"}
    assert written(text, files).outputs["found"]["Value"] == [2, 5]
    assert written(text, files, size="3").outputs["found"]["Value"] == [3, 5]


def test_the_provider_s_region_and_tags(tmp_path: Path) -> None:
    """The caller's region counts first; tags are added to what can have them."""
    (tmp_path / "main.tf").write_text(
        'provider "aws" {\n  region = "eu-west-1"\n  default_tags {\n    tags = { team = "ml" }\n  }\n}\n'
        'resource "aws_sqs_queue" "q" {\n  name = "q"\n  tags = { size = 3 }\n}\n'
        'resource "aws_sns_topic_policy" "p" {\n  arn = "x"\n  policy = "{}"\n}\n'
        'output "arn" { value = aws_sqs_queue.q.arn }\n'
    )
    own, given = load(tmp_path), load(tmp_path, region="us-west-2")
    assert own.resources["aws_sqs_queue.q"].properties["Tags"] == [
        {"Key": "team", "Value": "ml"},
        {"Key": "size", "Value": "3"},
    ]
    assert dict(own.resources["aws_sns_topic_policy.p"].properties) == {"Topics": ["x"], "PolicyDocument": {}}
    regions = [each.outputs["arn"]["Value"].split(":")[3] for each in (own, given)]
    assert (regions, own.region, given.region) == (["eu-west-1", "us-west-2"], "eu-west-1", "us-west-2")


def test_code_behind_an_archive_that_is_yet_to_be_packed(written: Written, tmp_path: Path) -> None:
    """The folder stands for the archive."""
    template = written(
        'data "archive_file" "code" {\n  type = "zip"\n  source_dir = "${path.module}/src"\n'
        '  output_path = "build/code.zip"\n}\n'
        'resource "aws_lambda_function" "f" {\n  filename = data.archive_file.code.output_path\n'
        "  source_code_hash = filebase64sha256(data.archive_file.code.output_path)\n  publish = true\n}\n"
    )
    assert template.assets == {("aws_lambda_function.f", "Code"): str(tmp_path / "src")}
    assert template.resources["aws_lambda_function.f/version"].type == "AWS::Lambda::Version"


def test_names_that_nobody_gave_stay_the_same(written: Written) -> None:
    """A generated name, a prefix, and what the provider `random` would draw."""
    text = (
        'resource "random_pet" "p" { length = 3 }\nresource "random_id" "i" { byte_length = 2 }\n'
        'resource "random_string" "s" { length = 5 }\n'
        'resource "random_integer" "n" {\n  min = 3\n  max = 4\n}\n'
        'resource "random_uuid" "u" {}\n'
        'resource "aws_sqs_queue" "q" { fifo_queue = true }\n'
        'resource "aws_iam_role" "r" { name_prefix = "r-" }\n'
        'output "drawn" { value = [random_pet.p.id, random_id.i.hex, random_string.s.result, '
        "random_integer.n.result, random_uuid.u.result] }\n"
    )
    first, again = written(text), written(text)
    name = first.resources["aws_sqs_queue.q"].properties["QueueName"]
    assert name.endswith(".fifo")
    assert name == again.resources["aws_sqs_queue.q"].properties["QueueName"]
    assert first.resources["aws_sqs_queue.q"].generated_name == "QueueName"
    assert first.resources["aws_iam_role.r"].properties["RoleName"].startswith("r-")
    pet, identity, letters, number, uuid = first.outputs["drawn"]["Value"]
    assert (len(pet.split("-")), len(identity), len(letters), number in (3, 4), len(uuid)) == (
        3,
        4,
        5,
        True,
        36,
    )


def test_what_is_not_looked_at_is_said_with_its_place(written: Written, tmp_path: Path) -> None:
    """Types, arguments, data sources, modules and functions that are not worked out here."""
    template = written(
        'data "aws_ami" "linux" { most_recent = true }\n'
        'module "far" { source = "terraform-aws-modules/vpc/aws" }\n'
        'resource "aws_instance" "i" {\n  ami = data.aws_ami.linux.id\n  subnet_id = module.far.subnet\n'
        "  hibernation = true\n}\n"
        'resource "aws_foo" "f" {}\n'
        'resource "null_resource" "n" {}\n'
        'resource "aws_sqs_queue" "q" {\n  name = uuid()\n  count = data.aws_ami.linux.size\n}\n'
        'resource "aws_sqs_queue" "each" { for_each = data.aws_ami.linux.names }\n'
        'resource "aws_s3_bucket_versioning" "lost" { bucket = "elsewhere" }\n'
        'output "o" { value = module.far.x }\n'
    )
    said = [note.removeprefix(f"{tmp_path}/main.tf, ") for note in template.not_covered]
    assert template.resources["aws_foo.f"].type == "Terraform::aws_foo"
    assert template.resources["aws_instance.i"].properties["ImageId"] == token("data.aws_ami.linux", "Id")
    assert sorted(note.split(":")[0] for note in said) == sorted(
        [
            "line 1, data.aws_ami.linux.id",
            "line 1, data.aws_ami.linux.names",
            "line 1, data.aws_ami.linux.size",
            "line 12",
            "line 14",
            "line 11, aws_sqs_queue.q[0].name",
            "line 15, aws_s3_bucket_versioning.lost",
            "line 16, output.o",
            "line 2",
            "line 5, aws_instance.i.subnet_id",
            "line 6, aws_instance.i.hibernation",
            "line 8, aws_foo.f",
            "line 9, null_resource.n",
        ]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('variable "a" {}\nvariable "b" {}\n', "line 1: variable a, b has no default; give it a value"),
        (
            'variable "n" {\n  type = number\n  default = "x"\n}\noutput "o" { value = var.n }\n',
            "'x' is no number",
        ),
        (
            "locals {\n  a = local.b\n  b = local.a\n}\noutput o { value = local.a }\n",
            "circle: local.a -> local.b",
        ),
        (
            'resource "aws_kms_key" "a" { description = aws_kms_key.b.key_id }\n'
            'resource "aws_kms_key" "b" { description = aws_kms_key.a.key_id }\n',
            "references go in a circle: aws_kms_key.a -> aws_kms_key.b -> aws_kms_key.a",
        ),
        ('module "m" { source = "./gone" }\nresource "x" "y" { z = module.m.z }\n', "there is no folder"),
        ('resource "aws_sqs_queue" {}\n', "line 1: a resource has a type and a name"),
        ("resource", "'=' or a block's '{' is expected"),
    ],
)
def test_what_cannot_work_is_refused(written: Written, text: str, said: str) -> None:
    """The message names file and line."""
    with pytest.raises(ScenarioError) as told:
        written(text)
    assert said in str(told.value)


def test_an_unknown_variable_is_refused(written: Written) -> None:
    """A misspelled one would be left out silently."""
    with pytest.raises(ScenarioError, match="there is no variable 'sise'"):
        written('variable "size" { default = 1 }\n', sise="2")


def test_an_override_file_and_one_file_alone(written: Written, tmp_path: Path) -> None:
    """What stands in *_override.tf replaces arguments; a single file is read without its neighbours."""
    text = 'resource "aws_sqs_queue" "q" {\n  name = "q"\n  delay_seconds = 5\n}\n'
    override = {"a_override.tf": 'resource "aws_sqs_queue" "q" { delay_seconds = 9 }\n'}
    assert written(text, override).resources["aws_sqs_queue.q"].properties["DelaySeconds"] == 9
    assert load(tmp_path / "main.tf").resources["aws_sqs_queue.q"].properties["DelaySeconds"] == 5


def test_two_hundred_resources_take_no_time(written: Written) -> None:
    """Each refers to the one before: what was worked out is remembered."""
    text = "".join(
        f'resource "aws_sqs_queue" "q{n}" {{\n  name = "q{n}"\n'
        + (f"  redrive_policy = jsonencode({{ a = aws_sqs_queue.q{n - 1}.arn }})\n" if n else "")
        + "}\n"
        for n in range(200)
    )
    assert len(written(text).resources) == 200
