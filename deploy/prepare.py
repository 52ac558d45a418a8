"""Everything that has to be there before the services start, on servers that run already: `python -m deploy.prepare`.

Reads DATABASE_URL (any database of the server), KAFKA_BOOTSTRAP_SERVERS and LIGONG_DEPLOYMENT; again changes nothing.
"""

import asyncio
import os
import sys

from deploy.local import databases
from deploy.local.layout import Deployment
from deploy.local.topics import create_topics
from deploy.local.trouble import Trouble


def main() -> None:
    server, brokers = os.environ["DATABASE_URL"], os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    deployment: Deployment = "demo" if os.environ["LIGONG_DEPLOYMENT"] == "demo" else "real"
    urls = databases.urls(server, deployment)
    try:
        asyncio.run(databases.create(server, urls))
        databases.bring_up_to_date(urls)
        asyncio.run(databases.belong_to(urls, deployment))
        create_topics(brokers)
    except Trouble as trouble:
        sys.exit(str(trouble))


if __name__ == "__main__":
    main()
