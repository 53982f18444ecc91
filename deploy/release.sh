#!/bin/bash
# Puts a release in the place of the one that runs, without a request that fails:
#
#   deploy/release.sh /opt/stockton_cms/releases/2027-01-15   puts this one in
#   deploy/release.sh --back                                  puts the one before back
#
# Run as root, on one machine after another. Where something is wrong it says what, ends
# with an error, and leaves what runs as it is. Safe to run again at any point.
# The services are those of deploy/systemd; docs/operators.md says more.
set -euo pipefail
# What is installed here is read by the site's own user.
umask 022

HOME_DIR=${STOCKTON_CMS_DIR:-/opt/stockton_cms}
ENV_FILE=${STOCKTON_CMS_ENV:-/etc/stockton_cms/env}
RUN_DIR=${STOCKTON_CMS_RUN:-/run}
TRIAL_PORT=${STOCKTON_CMS_TRIAL_PORT:-8009}
OWNER=stockton_cms

say() { echo "$(date +%T) $*"; }
stop() { echo "$*" >&2; exit 1; }

if [ -z "${RELEASE_LOCKED:-}" ]; then
  status=0
  RELEASE_LOCKED=1 flock --nonblock --close --conflict-exit-code 75 "$HOME_DIR" \
    "$0" "$@" || status=$?
  [ "$status" != 75 ] || stop "Another release is being put in: wait for it."
  exit "$status"
fi

# The site's own user, where there is one.
AS_OWNER=()
if [ "$(id -u)" = 0 ] && id "$OWNER" > /dev/null 2>&1; then
  AS_OWNER=(setpriv --reuid "$OWNER" --regid "$OWNER" --init-groups)
fi

manage() { "${AS_OWNER[@]}" .venv/bin/python manage.py "$@"; }

read_settings() {
  local line
  [ -r "$ENV_FILE" ] || stop "$ENV_FILE is not there, or only root can read it."
  # NAME=value as systemd reads it, not as a shell would.
  while IFS= read -r line; do
    if [[ $line =~ ^[A-Z_][A-Z0-9_]*= ]]; then export "${line?}"; fi
  done < "$ENV_FILE"
  export PYTHONDONTWRITEBYTECODE=1
}

point() { # NAME FOLDER: points the name at the folder, atomically
  ln -sfn "$2" "$HOME_DIR/.$1" && mv -T "$HOME_DIR/.$1" "$HOME_DIR/$1"
}

install_packages() {
  [ ! -e .packages-installed ] || return 0
  say "Installing packages"
  # Both go on with what is there, also in the folder of the release that runs.
  python3 -m venv .venv &&
    .venv/bin/pip install --quiet --require-hashes -r requirements.txt ||
    stop "The packages cannot be installed. Nothing was changed: the old release goes on."
  touch .packages-installed
}

try() {
  if (: < "/dev/tcp/127.0.0.1/$TRIAL_PORT") 2> /dev/null; then
    stop "Port $TRIAL_PORT is taken by another program: set STOCKTON_CMS_TRIAL_PORT."
  fi
  say "Trying the release on port $TRIAL_PORT"
  WEB_CONCURRENCY=1 "${AS_OWNER[@]}" .venv/bin/gunicorn --config deploy/gunicorn.conf.py \
    --bind "127.0.0.1:$TRIAL_PORT" stockton_cms.wsgi &
  local works=0
  trial=$!
  trap 'kill "$trial" 2> /dev/null || true' EXIT
  manage smoke_test "$TRIAL_PORT" || works=$?
  kill "$trial" && wait "$trial" || true
  trap - EXIT
  [ "$works" = 0 ] || stop "Nothing was changed for visitors: the old release goes on."
}

wait_for() { # SERVICE: until one of its workers answers
  local attempt
  for attempt in {1..300}; do
    [ -e "$RUN_DIR/stockton_cms_$1/answers" ] && return
    sleep 0.2
  done
  return 1
}

exchange() { # FOLDER
  local before
  before=$(readlink "$HOME_DIR/current" || true)
  say "Starting the new release beside the old one"
  systemctl stop stockton-cms-standby ||
    stop "Nothing was changed: are the units of deploy/systemd installed?"
  point current "$1"
  if ! systemctl start stockton-cms-standby || ! wait_for standby; then
    [ -n "$before" ] && point current "$before"
    systemctl stop stockton-cms-standby
    stop "The new release does not start: the old one goes on."
  fi
  [ "$before" = "$1" ] || [ -z "$before" ] || point previous "$before"
  say "Stopping the old one, and starting the new one in its place"
  systemctl restart stockton-cms-site
  # Until then the other one answers.
  wait_for site || stop "stockton-cms-site does not start; stockton-cms-standby answers."
  systemctl stop stockton-cms-standby
  systemctl try-restart stockton-cms-jobs
}

read_settings
if [ "${1:-}" = --back ]; then
  release=$(readlink "$HOME_DIR/previous") || stop "There is no release before this one."
  cd "$release"
else
  [ -f "${1:-}/manage.py" ] || stop "Name the folder of a release: '${1:-}' is none."
  release=$(readlink -f "$1")
  cd "$release"
  # For commands by hand, in this folder.
  [ -e .env ] || ln -sfn "$ENV_FILE" .env
  install_packages
  manage check --deploy --fail-level ERROR
  say "Collecting static files, beside those of the old release"
  manage collectstatic --no-input --verbosity 0
  say "Migrating the database, on which the old release goes on"
  manage migrate --no-input
fi
try
exchange "$release"
say "Done: $release"
