"""A table defines attributes that no key uses, or the other way round."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, listed, members, text
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each table whose AttributeDefinitions are not exactly the attributes of its keys."""
    for table in view.of_type("AWS::DynamoDB::Table"):
        given = table.properties
        schemas = [given.get("KeySchema")]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            schemas += [inside(each, "KeySchema") for each in listed(given.get(kind))]
        keys = {text(members(each).get("AttributeName")) for schema in schemas for each in listed(schema)}
        defined = {
            text(members(each).get("AttributeName")) for each in listed(given.get("AttributeDefinitions"))
        }
        if keys and defined != keys:
            odd = ", ".join(sorted(defined ^ keys))
            yield Found(
                table,
                f"table {table.logical_id}: {odd} is defined or a key, not both",
                "AttributeDefinitions",
            )


RULE = Rule(
    id="table-attributes-without-key",
    title="Attribute definitions that do not go with the keys",
    severity="error",
    why='CreateTable refuses it: "Number of attributes in KeySchema does not exactly match number of '
    'attributes defined in AttributeDefinitions". Attributes that are no key are not declared.',
    source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
    check=check,
    failing="""
Resources:
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: text, AttributeType: S}]
""",
    passing="""
Resources:
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
""",
)
