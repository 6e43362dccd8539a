"""Counts the messages that it is given."""


def handler(event, context):
    return {"messages": len(event["Records"])}
