#!/bin/sh
# What the public image does at its start, as far as the compose project uses it: the mounted configuration, a formatted
# folder, the broker.
set -eu
configuration=/opt/kafka/config/server.properties
cp /mnt/shared/config/server.properties "$configuration"
java() {
    # shellcheck disable=SC2086
    /opt/java/bin/java ${KAFKA_HEAP_OPTS:-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs:/opt/kafka/libs/*' "$@"
}
if [ ! -f /var/lib/kafka/data/meta.properties ]; then
    java kafka.tools.StorageTool format --cluster-id "$CLUSTER_ID" --config "$configuration"
fi
# shellcheck disable=SC2086
exec /opt/java/bin/java ${KAFKA_HEAP_OPTS:-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -cp '/opt/kafka/libs:/opt/kafka/libs/*' kafka.Kafka "$configuration"
