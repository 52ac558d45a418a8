"""What stops a start, and what the person at the keyboard can do about it."""


class Trouble(Exception):
    """One Chinese sentence for the user: what is wrong and what to do. The command line prints it."""


class Malfunction(Trouble):
    """A part of ours failed; its sentence names a log, so that what the start has made stays."""


class Stopped(BaseException):
    """The person at the keyboard (or the system) asked for a stop while starting."""
