"""Two stacks compared field by field, whatever their resources are called in their templates."""

from harness.stacks import Found, compare

QUEUE, POLICY, KEY, ALIAS = "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::KMS::Key", "AWS::KMS::Alias"


def queue(name: str, **more: object) -> Found:
    return Found(QUEUE, f"http://somewhere/{name}", {"QueueName": name, **more})


def test_the_same_resources_have_no_difference() -> None:
    """Order of resources, of lists and of members does not count."""
    left = [queue("a", Tags=[{"Key": "x"}, {"Key": "y"}]), queue("b")]
    assert compare(left, [queue("b"), queue("a", Tags=[{"Key": "y"}, {"Key": "x"}])]) == ()


def test_a_field_that_differs_is_told_with_both_values() -> None:
    """Resource, path, one value, the other."""
    (told,) = compare([queue("a", VisibilityTimeout=30)], [queue("a", VisibilityTimeout=60)])
    assert str(told) == "AWS::SQS::Queue a VisibilityTimeout: 30 against 60"


def test_a_resource_on_one_side_only_is_told() -> None:
    """And not its fields."""
    (told,) = compare([queue("a")], [])
    assert (told.name, told.path, told.left, told.right) == ("a", "", "there", None)


def test_policies_that_say_the_same_are_the_same() -> None:
    """IAM takes one action for a list of one."""

    def policy(action: object) -> Found:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        return Found(POLICY, "q", {"Queues": ["q"], "PolicyDocument": {"Statement": [statement]}})

    assert compare([policy("sqs:SendMessage")], [policy(["sqs:SendMessage"])]) == ()
    assert compare([policy("sqs:SendMessage")], [policy("sqs:*")]) != ()


def test_ids_that_a_service_draws_are_read_as_what_they_stand_for() -> None:
    """Two keys with the same policy are one key to an alias."""

    def side(key: str) -> list[Found]:
        alias = Found(ALIAS, "alias/data", {"AliasName": "alias/data", "TargetKeyId": key})
        return [Found(KEY, key, {"KeyPolicy": {"Id": "own"}}), alias]

    assert compare(side("11111111-aaaa"), side("22222222-bbbb")) == ()
