#!/usr/bin/env bash
# Runs the client's tests against the service, with Express if it is installed (Debian: node-express).
#
# usage: PARALLAX=BINARY clients/node/test.sh
#   PARALLAX   the binary of the service, by default .build/debug/parallax of this repository
#   EXPRESS    the folder that has Express, by default /usr/share/nodejs
# Ends with 75 if there is no Node 18 or newer, so that a caller can tell this from a test that fails.
set -euo pipefail
client=$(cd "$(dirname "$0")" && pwd)
export PARALLAX=$(realpath -m "${PARALLAX:-$client/../../.build/debug/parallax}")
[ -x "$PARALLAX" ] || { echo "PARALLAX: there is no program at $PARALLAX; build it first" >&2; exit 64; }
[[ $(node --version 2>/dev/null) =~ ^v([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 18 ] ||
    { echo "there is no Node 18 or newer here" >&2; exit 75; }
cd "$client"
# Debian keeps modules where only its own Node looks.
export EXPRESS=${EXPRESS:-/usr/share/nodejs} NODE_PATH=${EXPRESS:-/usr/share/nodejs}
exec node --test tests/client.test.mjs
