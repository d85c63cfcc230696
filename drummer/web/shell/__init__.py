"""The shell of the page: it makes the page installable, opens it offline, and describes its links to other sites."""
