"""Gradio's own client, as programs use it."""

from concurrent.futures import CancelledError
from typing import Any

from gradio_client import Client


class PatientClient(Client):
    """Gradio's client, which asks once more where it gave up a request.

    It gives up one that it sends in the moment in which the server closes the stream of the answers before: a fault of its own
    (`close_stream` in `gradio_client.client`), which a busy machine brings out.
    """

    def predict(self, *values: Any, **named: Any) -> Any:
        try:
            return super().predict(*values, **named)
        except CancelledError:
            return super().predict(*values, **named)
