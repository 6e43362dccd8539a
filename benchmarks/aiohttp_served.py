"""The reverse proxy that one writes with aiohttp, for benchmarks/gateway.py.

python -m benchmarks.aiohttp_served PORT UPSTREAM
"""

import sys

import aiohttp
from aiohttp import web

from harness.gateway.server import new_event_loop

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


async def _app(upstream: int) -> web.Application:
    session = aiohttp.ClientSession(
        f"http://127.0.0.1:{upstream}", auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)
    )

    async def relay(request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        body = await request.read()
        async with session.request(request.method, request.rel_url, headers=headers, data=body) as reply:
            kept = {name: value for name, value in reply.headers.items() if name.lower() not in _HOP_BY_HOP}
            return web.Response(status=reply.status, headers=kept, body=await reply.read())

    async def close(_app: web.Application) -> None:
        await session.close()

    app = web.Application(client_max_size=1 << 30)
    app.on_cleanup.append(close)
    app.router.add_route("*", "/{tail:.*}", relay)
    return app


if __name__ == "__main__":
    loop = new_event_loop()
    web.run_app(_app(int(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, loop=loop)
