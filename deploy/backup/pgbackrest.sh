#!/bin/sh
# Jobs of the backup by pgBackRest, for the account `postgres` on the machine of the server (deploy/README.md).
#   full | incr      make a backup; what is older than the retention is removed
#   test <folder>    restore the newest backup and all log after it into an empty folder, start a server there that no
#                    network reaches, read every table, delete the folder's content
# A job that succeeded notes when, for the node exporter, as a text file in ILP_METRICS. The stanza is always an argument:
# pgBackRest writes it into restore_command only then, and the server that reads that has no environment of ours.
set -eu
stanza="${ILP_STANZA:-ilp}"
metrics="${ILP_METRICS:-/var/lib/prometheus/node-exporter}"
backup_name="$stanza"
. "$(dirname "$0")/report.sh"

case "${1:-}" in
full | incr)
    pgbackrest --stanza="$stanza" --type="$1" backup
    note ilp_backup_last_success_timestamp_seconds
    ;;
test)
    folder="${2:?an empty folder}"
    if ! test -d "$folder" || test -n "$(ls -A "$folder")"; then
        echo "$folder is no empty folder" >&2
        exit 2
    fi
    umask 077
    trap 'exit 1' HUP INT TERM  # else a signal ends sh and leaves the data
    trap 'rm -rf "$folder"/* "$folder"/.[!.]*' EXIT
    pgbackrest --stanza="$stanza" --pg1-path="$folder/data" --archive-mode=off restore
    programs="${ILP_POSTGRES_PROGRAMS:-/usr/lib/postgresql/$(cat "$folder/data/PG_VERSION")/bin}"
    # Debian keeps these three apart from the data, so a backup of the data has none.
    # Nobody else gets at the socket: whoever does is a superuser here.
    printf "listen_addresses = ''\nunix_socket_directories = '%s'\nunix_socket_permissions = 0700\n" "$folder" >"$folder/server.conf"
    printf 'hot_standby = off\narchive_mode = off\nfsync = off\n' >>"$folder/server.conf"
    echo 'local all all trust' >"$folder/hba.conf"
    : >"$folder/ident.conf"
    export PGHOST="$folder" PGPORT=5432 PGUSER="${PGUSER:-postgres}"
    trap '"$programs/pg_ctl" stop -D "$folder/data" -m immediate >"$folder/stop.log" 2>&1 || true
        rm -rf "$folder"/* "$folder"/.[!.]*' EXIT
    "$programs/pg_ctl" start -D "$folder/data" -w -t 86400 -l "$folder/server.log" -o "-p 5432 \
        -c config_file=$folder/server.conf -c hba_file=$folder/hba.conf -c ident_file=$folder/ident.conf" >/dev/null ||
        { tail -n 20 "$folder/server.log" >&2; exit 1; }
    until pg_isready --quiet; do  # all of the log is applied
        "$programs/pg_ctl" status -D "$folder/data" >/dev/null || { tail -n 20 "$folder/server.log" >&2; exit 1; }
        sleep 1
    done
    read_everything
    note ilp_restore_test_last_success_timestamp_seconds
    ;;
*)
    echo "usage: pgbackrest.sh full | incr | test <folder>" >&2
    exit 2
    ;;
esac
