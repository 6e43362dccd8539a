"""SNS and SQS as AWS documents them: a small model that says what may happen, never what will.

It is the specification that histories on emulators are held against, and a page to read. `World` is the way
in; `values` has what goes in and out. Sources are pages of the Amazon SQS developer guide ("SQS guide"), the
Amazon SNS developer guide ("SNS guide") and the two API references, named beside each rule.

Left out: ReceiveRequestAttemptId, high-throughput FIFO (de-duplication by group), server-side encryption,
message move tasks (StartMessageMoveTask), large payloads in S3, archive and replay of FIFO topics.
"""
