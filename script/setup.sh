# Sourced by script/server and script/test: makes .venv in the checkout and installs damgate into it.
# Usage: groups="dev"; . script/setup.sh; afterwards $root is the checkout and "$venv/bin" has the commands.
# `groups` are dependency groups of pyproject.toml (a dot takes no arguments in POSIX sh). Done once; again when
# pyproject.toml or constraints.txt change, or the checkout was moved.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv="$root/.venv"

python="" found=""
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$candidate
        break
    fi
    found=", and $candidate here is $version"
done
if [ -z "$python" ]; then
    echo "damgate needs Python 3.11 or newer$found. Please install one, then run this again:" >&2
    echo "  Debian, Ubuntu   sudo apt-get install python3 python3-venv" >&2
    echo "  macOS            brew install python, or the installer of python.org" >&2
    exit 1
fi

wanted="$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum) $root"
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    rm -f "$venv/installed" "$venv"/installed-*
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "installing Python's venv module …"
            { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"; } \
                >/dev/null 2>&1 || { echo "that failed; please try: apt-get install $package" >&2; exit 1; }
        else
            echo "Python's venv module is missing. Please install it, then run this again:" >&2
            echo "  sudo apt-get install $package" >&2
            exit 1
        fi
    fi
    if [ "$(cat "$venv/home" 2>/dev/null || echo "$root")" != "$root" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        echo "making a virtual environment in .venv …"
        "$python" -m venv --clear "$venv"
    fi
    echo "$root" >"$venv/home"
    echo "installing damgate and what it stands on (a minute or so) …"
    (
        cd "$root"
        set -- .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input
        "$@" install --only-binary ':all:' --constraint constraints.txt 'pip>=25.1' hatchling editables setuptools
        "$@" install --prefer-binary --no-build-isolation --constraint constraints.txt --editable .
    )
    echo "$wanted" >"$venv/installed"
fi

for group in ${groups-}; do
    if [ ! -f "$venv/installed-$group" ]; then
        echo "installing what “$group” needs …"
        (
            cd "$root"
            .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input \
                install --prefer-binary --constraint constraints.txt --group "$group"
        )
        : >"$venv/installed-$group"
    fi
done
