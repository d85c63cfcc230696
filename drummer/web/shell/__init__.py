"""The shell of the page: what makes it installable, opens it offline, and describes its links to other sites."""
