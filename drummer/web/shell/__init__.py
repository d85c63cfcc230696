"""The shell of the page: what makes it installable, opens it offline, and describes its links to other sites."""

from drummer.web.shell.routes import routes
from drummer.web.shell.tags import HeadTags

__all__ = ["HeadTags", "routes"]
