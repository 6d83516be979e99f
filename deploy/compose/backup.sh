#!/bin/sh
# Backup of PostgreSQL by its own programs into /backup, over TLS, as the role ilp_backup (may replicate, nothing else).
#   log    follow the write-ahead log without end: what is committed is in /backup/log within moments
#   base   one verified copy of all databases in /backup/base/<time>; copies beyond the newest two, and the log that only
#          they need, are removed
# Restore, also to a point in time: deploy/README.md. Keys and passwords (secrets/) are backed up apart from this.
set -eu
export PGHOST=postgres PGUSER=ilp_backup PGSSLMODE=verify-full PGSSLROOTCERT=/run/secrets/ca.crt
export PGPASSFILE=/run/secrets/backup-passfile
umask 077
case "${1:-}" in
log)
    mkdir -p /backup/log
    pg_receivewal --no-password --slot ilp_backup --create-slot --if-not-exists
    exec pg_receivewal --no-password --slot ilp_backup --directory /backup/log --synchronous
    ;;
base)
    mkdir -p /backup/base /backup/log
    rm -rf /backup/base/.[0-9]*  # of a run that was cut
    made="$(date -u +%Y%m%dT%H%M%SZ)"
    pg_basebackup --no-password --pgdata "/backup/base/.$made" --wal-method stream --checkpoint fast
    pg_verifybackup --quiet "/backup/base/.$made"
    mv "/backup/base/.$made" "/backup/base/$made"
    ls -1 /backup/base | sort -r | tail -n +3 | while read -r old; do rm -rf "/backup/base/$old"; done
    oldest="/backup/base/$(ls -1 /backup/base | sort | head -n 1)/backup_label"
    pg_archivecleanup /backup/log "$(sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "$oldest")"
    echo "$made"
    ;;
*)
    echo "usage: backup.sh log|base" >&2
    exit 2
    ;;
esac
