#!/bin/sh
# Backup of PostgreSQL by its own programs into /backup, and back. Keys and passwords (secrets/) are backed up apart.
#   log      follow the write-ahead log without end: what is committed is in /backup/log within moments
#   base     one verified copy of all databases in /backup/base/<when it was complete>; copies beyond the newest two, and
#            the log that only they need, are removed; it has succeeded once the log is followed from this copy on. One
#            at a time: a second one ends at once
#   test     restore the newest copy and all log into a scratch volume, read every table there, delete it
#   restore  the same into the volume of PostgreSQL, which must be stopped; TARGET: as it was at that moment. What was
#            there before is kept as pgdata-before-<time>, the backup of the time before as /backup/before-<time>
# log and base connect over TLS as the role ilp_backup, which may replicate and nothing else. A server that is started
# here listens nowhere but at a socket of this container.
set -eu
metrics=/metrics backup_name=ilp data=/var/lib/postgresql/data options="-c hba_file=/etc/ilp/pg_hba.conf"
. /etc/ilp/report.sh
umask 077

at_the_server() {
    export PGHOST=postgres PGUSER=ilp_backup PGSSLMODE=verify-full PGSSLROOTCERT=/run/secrets/ca.crt
    export PGPASSFILE=/run/secrets/backup-passfile
}

# first_segment <copy>: the part of the log at which a copy begins
first_segment() {
    sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "/backup/base/$1/backup_label"
}

# recover <folder> <limit>: start a server from the newest copy that was complete before the limit (digits of its time,
# UTC), with the log after it, and wait until its recovery has ended; what is in the folder at the end is deleted
recover() {
    copy=""
    for each in $(ls -1 /backup/base | sort); do
        if test "$(echo "$each" | tr -dc 0-9)" -lt "$2"; then copy="$each"; fi
    done
    test -n "$copy" || { echo "no copy was complete by then / belum ada salinan pada saat itu" >&2; return 1; }
    echo "copy / salinan: $copy"
    folder="$1"
    trap 'exit 1' HUP INT TERM  # else a signal ends sh and leaves the data
    trap 'pg_ctl stop --pgdata "$folder" --mode immediate >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
    rm -rf "$folder"  # of a run that was killed
    cp -R "/backup/base/$copy" "$1"
    touch "$1/recovery.signal"
    options="$options -c listen_addresses='' -c unix_socket_directories=/tmp -c ssl=off -c hot_standby=off"
    options="$options -c restore_command='cp /backup/log/%f %p || cp /backup/log/%f.partial %p'"
    pg_ctl start --pgdata "$1" --silent --timeout 86400 --log /tmp/server.log --options "$options" || true
    export PGHOST=/tmp PGUSER=postgres
    until pg_isready --quiet; do  # all of the log is applied
        pg_ctl status --pgdata "$1" >/dev/null || { tail -n 20 /tmp/server.log >&2; return 1; }
        sleep 1
    done
}

case "${1:-}" in
log)
    at_the_server
    mkdir -p /backup/log
    pg_receivewal --no-password --slot ilp_backup --create-slot --if-not-exists
    exec pg_receivewal --no-password --slot ilp_backup --directory /backup/log --synchronous
    ;;
base)
    at_the_server
    mkdir -p /backup/base /backup/log
    exec 9>/backup/.lock
    flock -n 9 || { echo "backup-base lain masih jalan / another backup-base runs" >&2; exit 1; }
    rm -rf /backup/base/.[0-9]*  # of a run that was cut
    draft="/backup/base/.$(date -u +%Y%m%dT%H%M%SZ)"
    pg_basebackup --no-password --pgdata "$draft" --wal-method stream --checkpoint fast
    pg_verifybackup --quiet "$draft"
    made="$(date -u +%Y%m%dT%H%M%SZ)"
    mv "$draft" "/backup/base/$made"
    segment="/backup/log/$(first_segment "$made")"  # a new one: a copy begins with it
    seconds=0
    until test -e "$segment" || test -e "$segment.partial"; do
        if test "$seconds" -ge 60; then
            echo "the log is not followed: is backup-log running? / log tidak diikuti: apakah backup-log jalan?" >&2
            exit 1
        fi
        seconds=$((seconds + 1))
        sleep 1
    done
    ls -1 /backup/base | sort -r | tail -n +3 | while read -r old; do rm -rf "/backup/base/$old"; done
    pg_archivecleanup /backup/log "$(first_segment "$(ls -1 /backup/base | sort | head -n 1)")"
    note ilp_backup_last_success_timestamp_seconds
    echo "$made"
    ;;
test)
    recover "$data/test" 99999999999999
    read_everything
    note ilp_restore_test_last_success_timestamp_seconds
    ;;
restore)
    answer=0
    pg_isready --quiet --host postgres --timeout 3 || answer=$?
    if test "$answer" -ne 2; then
        echo "PostgreSQL runs: docker compose stop / PostgreSQL masih jalan" >&2
        exit 1
    fi
    limit=99999999999999
    if test -n "${TARGET:-}"; then
        limit="$(date -u -d "$TARGET" +%Y%m%d%H%M%S)"
        moment="$(date -u -d "$TARGET" '+%Y-%m-%d %H:%M:%S.%6N+00')"
        options="$options -c recovery_target_time='$moment' -c recovery_target_action=promote"
    fi
    recover "$data/restoring" "$limit"
    pg_ctl stop --pgdata "$data/restoring" --silent --mode fast --timeout 86400
    trap - EXIT  # what was restored stays from here on, whatever fails
    now="$(date -u +%Y%m%dT%H%M%SZ)"
    if test -e "$data/pgdata"; then mv "$data/pgdata" "$data/pgdata-before-$now"; fi
    mv "$data/restoring" "$data/pgdata"
    mkdir "/backup/before-$now"
    mv /backup/base /backup/log "/backup/before-$now"  # the log goes on in another timeline
    echo "restored / dipulihkan"
    ;;
*)
    echo "usage: backup.sh log | base | test | restore" >&2
    exit 2
    ;;
esac
