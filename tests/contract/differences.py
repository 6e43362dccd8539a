"""Where an emulator does something else than AWS documents: emulator -> test of the contract -> what it does.

The test then has to fail; one that passes after all fails the suite, so that the entry is taken out.
"""

DIFFERENCES: dict[str, dict[str, str]] = {
    "ministack": {
        "test_a_malformed_filter_is_refused": "takes a filter policy whose value is no list",
        "test_what_cannot_be_delivered_goes_to_the_subscriptions_dead_letter_queue": (
            "drops what it cannot deliver to a queue that is gone"
        ),
        "test_deleting_with_an_old_receipt_handle_is_no_error": "refuses it with ReceiptHandleIsInvalid",
        "test_a_wait_over_twenty_seconds_is_refused": "waits for as long as it is told",
    },
    "moto": {
        "test_a_fifo_topic_deduplicates_by_content": "refuses the delivery unless the queue does so itself",
        "test_what_cannot_be_delivered_goes_to_the_subscriptions_dead_letter_queue": (
            "lets Publish fail with the queue's error"
        ),
        "test_a_fifo_queue_takes_a_duplicate_for_the_same_message": "gives it a new MessageId",
    },
}
