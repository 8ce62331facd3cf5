"""What .streamlit/config.toml sets, seen by what Streamlit then does."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import populate_hash_if_needed


def test_no_message_is_sent_by_name_only() -> None:
    """A browser may have forgotten it by then, as with a held arrow key, and would lose its connection for good."""
    message = ForwardMsg()
    message.delta.new_element.markdown.body = "x" * 10_000_000
    populate_hash_if_needed(message)
    assert message.hash
    assert not message.metadata.cacheable
