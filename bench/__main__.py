"""`make bench`: measures on real engines, prints the table and writes it as JSON. Names pick some: `append http …`."""

import asyncio
import gc
import sys
import tempfile
from pathlib import Path

from bench import append, form, http, latency, live, memory, overview, people
from bench.figures import Figure, keep, machine, table
from bench.world import Engines
from tests.servers import Databases, EmbeddedServers

MEASURES = {
    "append": append.measure,
    "http": http.measure,
    "live": live.measure,
    "latency": latency.measure,
    "memory": memory.measure,
    "people": people.measure,
    "overview": overview.measure,
    "form": form.measure,
}


async def run(names: list[str], servers: EmbeddedServers) -> list[Figure]:
    postgres = await asyncio.to_thread(servers.postgres, "postgres")
    databases = Databases(postgres)
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name} …", flush=True)
        kafka = await asyncio.to_thread(servers.kafka, f"kafka-{name}")  # one broker never carries two logs of a name
        figures += await MEASURES[name](Engines(databases, kafka.bootstrap))
        await asyncio.to_thread(kafka.stop)
    return figures


def main() -> None:
    gc.freeze()  # what measures does not pause for what it has imported
    names = sys.argv[1:] or list(MEASURES)
    with tempfile.TemporaryDirectory(prefix="ligong-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServers(Path(folder)) as servers:
            figures = asyncio.run(run(names, servers))
    print(machine())
    print(table(figures))
    print(f"written to {keep(figures)}")


if __name__ == "__main__":
    main()
