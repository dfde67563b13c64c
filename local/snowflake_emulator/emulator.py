"""fakesnow behind the parts of Snowflake's protocol that the Node.js driver needs and fakesnow 0.12.1 lacks.

Prints {"port": n} when it takes requests and ends when its standard input does, so it never outlives who started it.
"""

import asyncio
import importlib
import json
import os
import socket
import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import mended_errors
import mended_sql
import remembered_statements
from rowset import json_result

# The package exports a function of the same name.
fakesnow_server = importlib.import_module("fakesnow.server")

# Answers that are kept for a client that asks again with the same request id.
KEPT_ANSWERS = 500


class KeepsNothing(dict):
    """In place of the results that fakesnow keeps for ever for RESULT_SCAN."""

    def __setitem__(self, key, value):
        pass


answers: dict[str, asyncio.Task] = {}


async def query_request(request):
    """Runs a request id once: asked again, Snowflake answers with the result of the first time."""
    request_id = request.query_params.get("requestId", "")
    task = answers.get(request_id)
    if task is None:
        task = asyncio.ensure_future(answer(request))
        if request_id:
            answers[request_id] = task
        while len(answers) > KEPT_ANSWERS:
            del answers[next(iter(answers))]
    status, body = await asyncio.shield(task)
    return Response(body, status_code=status, media_type="application/json")


async def answer(request):
    response = await fakesnow_server.query_request(request)
    body = json.loads(response.body)
    if body.get("success"):
        json_result(body["data"])
    return response.status_code, json.dumps(body)


async def session(request):
    """A session that ends gives up its open transaction."""
    token = fakesnow_server.to_token(request) if request.headers.get("Authorization") else None
    connection = fakesnow_server.sessions.get(token)
    response = await fakesnow_server.session(request)
    if connection is not None and token not in fakesnow_server.sessions:
        connection.close()
    return response


async def telemetry(_request):
    return JSONResponse({"success": True})


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        print(json.dumps({"port": sockets[0].getsockname()[1]}), flush=True)


def end_with_standard_input():
    sys.stdin.read()
    os._exit(0)


def main():
    mended_sql.install()
    mended_errors.install()
    remembered_statements.install()
    fakesnow_server.shared_fs.results_cache = KeepsNothing()
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    own = [
        Route("/queries/v1/query-request", query_request, methods=["POST"]),
        Route("/session", session, methods=["POST"]),
        Route("/telemetry/send", telemetry, methods=["POST"]),
    ]
    app = Starlette(routes=own + fakesnow_server.routes)
    # asyncio sends without delay only on a socket that names its protocol; a delayed answer takes 40 ms.
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


main()
