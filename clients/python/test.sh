#!/usr/bin/env bash
# Makes a virtual environment, installs pinned packages of PyPI and this client into it, and runs the client's tests
# against the service.
#
# usage: PARALLAX=BINARY clients/python/test.sh [FOLDER]
#   PARALLAX   the binary of the service, by default .build/debug/parallax of this repository
#   FOLDER     where the environment is made and kept, by default clients/python/.venv
# Ends with 75 if there is no Python or PyPI does not answer, so that a caller can tell this from a test that fails.
set -euo pipefail
client=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$client/.venv}
export PARALLAX=$(realpath -m "${PARALLAX:-$client/../../.build/debug/parallax}")
[ -x "$PARALLAX" ] || { echo "PARALLAX: there is no program at $PARALLAX; build it first" >&2; exit 64; }

pip() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
{ [ -x "$folder/bin/python" ] || python3 -m venv "$folder"; } && pip -r "$client/tests/requirements.txt" &&
    pip --no-deps --no-build-isolation --force-reinstall "$client" || exit 75

cd "$client/tests"
exec env PYTHONDONTWRITEBYTECODE=1 "$folder/bin/python" -W ignore::ResourceWarning -W ignore::UserWarning -m unittest discover
