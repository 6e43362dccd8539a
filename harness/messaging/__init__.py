"""What becomes of messages between SNS, SQS and their consumers: rules, wiring and accounts, all pure."""
