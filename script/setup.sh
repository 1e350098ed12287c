# Sourced by script/server, script/test and script/bench: makes .venv beside this folder and installs damgate into it.
# Usage: groups="dev"; . script/setup.sh; afterwards $root is the checkout and "$root/.venv/bin" has the commands.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv="$root/.venv"

python=""
for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || { echo "damgate needs Python 3.11 or newer; please install it (python3)." >&2; exit 1; }

if [ ! -x "$venv/bin/pip" ]; then
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "installing Python's venv module …"
            apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        else
            echo "Python's venv module is missing; please type: sudo apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    echo "making a virtual environment in .venv …"
    "$python" -m venv "$venv"
fi

wanted=$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum | tr -d ' ')"-${groups:=}"
if [ "$(cat "$venv/damgate-installed" 2>/dev/null)" != "$wanted" ]; then
    echo "installing damgate and what it stands on …"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary ':all:' \
        --constraint "$root/constraints.txt" 'pip>=25.1' hatchling editables
    options=""
    for group in $groups; do options="$options --group $group"; done
    # shellcheck disable=SC2086  # each option is a word of its own
    (cd "$root" && "$venv/bin/pip" install --quiet --disable-pip-version-check --prefer-binary --no-build-isolation \
        --constraint "$root/constraints.txt" --editable . $options)
    echo "$wanted" >"$venv/damgate-installed"
fi
