#!/bin/sh
# Runs the official Python SDKs against a running `isthmus up --dev`.
#
#   tests/sdk/run.sh 127.0.0.1:4577 [pytest arguments…]
#
# ISTHMUS_PROGRAM and ISTHMUS_STATE name the program and the state directory: tests of accounts use them.
#
# The SDKs are installed into target/sdk at first use, in the versions of requirements.txt.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: tests/sdk/run.sh ADDRESS [pytest arguments…]" >&2
    exit 2
fi
address=$1
shift

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="$root/target/sdk/venv"
installed="$venv/requirements.txt"

if ! cmp -s "$here/requirements.txt" "$installed"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$installed"
fi

# A proxy of the machine is not for a server on it.
export NO_PROXY='*' PYTHONDONTWRITEBYTECODE=1 ISTHMUS_ADDRESS="$address"
cd "$here"
exec "$venv/bin/python" -m pytest --exitfirst --quiet -p no:cacheprovider "$@"
