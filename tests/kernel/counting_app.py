"""The counter as a service of its own process, for tests that kill it: `python -m tests.kernel.counting_app`."""

from shared.kernel.service import Service, run
from tests.kernel.counting import counter

if __name__ == "__main__":
    run(Service("registration", [counter]))
