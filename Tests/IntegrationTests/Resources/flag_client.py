"""An application that reads the flag file through OpenFeature, as any application would.

usage: flag_client.py FLAG-FILE

Prints a line of JSON when the values it is given change, for several callers, and ends when its standard input does:
{"time": seconds since the epoch, "enabled": [a value for each caller], "hybrid": ..., "percent": ..., "variant": ...}
"""

import json
import sys
import threading
import time

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

CALLERS = [EvaluationContext(targeting_key=f"caller-{number}") for number in range(40)]


def look(client):
    # The defaults are what no file of the test says, so that a client that reads nothing is told from one that does.
    details = client.get_boolean_details("DISTRIBUTED_RATE_LIMITING_ENABLED", False, CALLERS[0])
    return {
        "enabled": [
            client.get_boolean_value("DISTRIBUTED_RATE_LIMITING_ENABLED", False, caller) for caller in CALLERS
        ],
        "hybrid": client.get_boolean_value("HYBRID_RATE_LIMITING", False, CALLERS[0]),
        "percent": client.get_float_value("DISTRIBUTED_ENFORCEMENT_PERCENT", -1.0, CALLERS[0]),
        "variant": details.variant,
        "error": details.error_code.value if details.error_code else None,
    }


def main():
    api.set_provider(FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=sys.argv[1]))
    client = api.get_client()
    done = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
    seen = None
    while not done.wait(0.005):
        values = look(client)
        if values != seen:
            print(json.dumps({"time": time.time(), **values}), flush=True)
            seen = values
    api.shutdown()


main()
