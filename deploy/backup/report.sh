# Read by the jobs of both kinds of backup. They set `metrics`, a folder, and `backup_name`, the label of their metrics.

# note <metric>: write the present time for the node exporter, as a text file that is never half written
note() {
    draft="$metrics/.$1.$$"
    printf '# TYPE %s gauge\n%s{database="%s"} %s\n' "$1" "$1" "$backup_name" "$(date +%s)" >"$draft"
    chmod 644 "$draft"
    mv "$draft" "$metrics/$1.prom"
}

# read_everything: read every table of a server that was restored; say of each service how many events there are
read_everything() {
    databases="$(psql -XAtqc "SELECT datname FROM pg_database WHERE datname LIKE 'ilp\_%' ORDER BY datname")"
    test -n "$databases" || { echo "cadangan tanpa basis data platform / no database of the platform in the backup" >&2; return 1; }
    for database in $databases; do
        pg_dump --dbname "$database" >/dev/null
        newest="$(psql -XAtq -d "$database" -c "SELECT count(*), max(recorded_at) FROM ${database#ilp_}.event_log")"
        echo "$database: $newest"
    done
}
