#!/usr/bin/env bash
# Tries the frozen program on a screen, and with an unlocked Secret Service that keeps a secret for it.
set -euo pipefail
cd "$(dirname "$0")/../.."

for needed in xvfb-run xauth dbus-run-session gnome-keyring-daemon; do
    if ! command -v "$needed" >/dev/null; then
        echo "$needed is missing: see packaging/linux/apt-build-packages.txt and apt-test-packages.txt" >&2
        exit 1
    fi
done
HOME=$(mktemp -d)
trap 'rm -rf "$HOME"' EXIT
export HOME XDG_RUNTIME_DIR="$HOME" XDG_DATA_HOME="$HOME/data" QT_QPA_PLATFORM=xcb
unset WAYLAND_DISPLAY PYTHON_KEYRING_BACKEND

dbus-run-session -- bash -euo pipefail -c '
    python=.venv/bin/python program=build/frozen/postflight/postflight
    printf pilot | gnome-keyring-daemon --unlock --components=secrets >/dev/null
    xvfb-run -a "$python" packaging/smoke.py "$program" SecretService
    printf "a secret" | POSTFLIGHT_HOME="$HOME/postflight" "$program" connection add harbour \
        --service flighthub2 --url https://flighthub.example.com \
        --project 01234567-89ab-4cde-8f01-23456789abcd --secret-stdin
    kept=$("$python" -c "import keyring; print(keyring.get_password(\"postflight\", \"harbour\"))")
    if [ "$kept" != "a secret" ]; then
        echo "the keyring gave back: $kept" >&2
        exit 1
    fi
'
echo "The frozen program was drawn on a screen, and the Secret Service kept its secret."
