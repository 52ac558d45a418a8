"""Free ports on the loopback address."""

import random
import socket

from deploy.local.trouble import Trouble

# Below the range that systems take for outgoing connections: a client that keeps trying the port of a killed
# server inside that range sooner or later connects to itself and keeps the server from coming back.
RANGE = range(15_000, 32_000)


def free_ports(count: int) -> list[int]:
    """`count` different ports of 127.0.0.1 that nobody listens on at this moment."""
    held: list[socket.socket] = []
    try:
        for port in random.sample(RANGE, len(RANGE)):
            candidate = socket.socket()
            held.append(candidate)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                held.pop().close()
            if len(held) == count:
                return [taken.getsockname()[1] for taken in held]
    finally:
        for taken in held:
            taken.close()
    raise OSError("no free port")


def ensure_free(host: str, port: int) -> None:
    """Raises Trouble when somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closing ones are no obstacle
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise Trouble(
                f"没有权限使用端口 {port}：请用环境变量 LIGONG_PORT 指定 1024 以上的端口后重新运行。"
            ) from error
        except OSError as error:
            raise Trouble(
                f"端口 {port} 已被其他程序占用：请停止该程序，"
                f"或用环境变量 LIGONG_PORT 换一个端口（例如 LIGONG_PORT={port + 1}）后重新运行。"
            ) from error
