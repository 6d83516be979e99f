#!/bin/sh
# What the public image does at its start, as far as the compose project uses it.
set -eu
if [ "${1:-}" != postgres ]; then exec "$@"; fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$PGDATA"
    chmod 700 "$PGDATA"
    initdb --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local peer --auth-host scram-sha-256 \
        --encoding UTF8 --locale C.UTF-8 > /dev/null
    echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
    shift
    pg_ctl --wait --silent start --options "-c listen_addresses='' $*"
    set -- postgres "$@"
    for script in /docker-entrypoint-initdb.d/*.sql; do
        psql --username postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file "$script"
    done
    pg_ctl --wait --silent --mode fast stop
fi
exec "$@"
