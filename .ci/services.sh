#!/bin/sh
# services.sh start DIR: a Redis and a PostgreSQL of our own below DIR, on unix sockets only;
# prints the REDIS_URL= and DATABASE_URL= that lead to them.
# services.sh stop DIR: stops exactly these.
set -eu

command=$1
dir=$2
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

start_redis() {
    mkdir -p -m 700 "$dir/redis"
    redis-server --port 0 --unixsocket "$dir/redis/socket" --unixsocketperm 700 \
        --dir "$dir/redis" --save '' --daemonize yes --pidfile "$dir/redis/pid" \
        --logfile "$dir/redis/log" >/dev/null
    tries=100
    until redis-cli -s "$dir/redis/socket" ping >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { cat "$dir/redis/log" >&2; exit 1; }
        sleep 0.1
    done
}

start_postgres() {
    mkdir -p -m 700 "$dir/pg"
    if [ "$(id -u)" = 0 ]; then
        chmod 711 "$dir"
        chown postgres "$dir/pg"
    fi
    as_postgres "$bin/initdb" -D "$dir/pg/data" -A trust -U portal -E UTF8 --locale=C.UTF-8 \
        --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
    # Nobody keeps what the tests write, so nothing waits for the disk.
    as_postgres "$bin/pg_ctl" -D "$dir/pg/data" -w -t 60 -l "$dir/pg/log" -o "-k $dir/pg \
        -c listen_addresses='' -p 5432 -c fsync=off -c synchronous_commit=off \
        -c full_page_writes=off -c max_connections=200" start >/dev/null
    as_postgres "$bin/createdb" -h "$dir/pg" -p 5432 -U portal portal
}

case $command in
    start)
        start_redis
        start_postgres
        echo "REDIS_URL=redis+socket://$dir/redis/socket"
        # A path after the first slash is the folder of the socket; its last part the database.
        echo "DATABASE_URL=postgres://portal@:5432/$dir/pg/portal"
        ;;
    stop)
        [ ! -f "$dir/redis/pid" ] || kill "$(cat "$dir/redis/pid")" 2>/dev/null || true
        [ ! -f "$dir/pg/data/postmaster.pid" ] ||
            as_postgres "$bin/pg_ctl" -D "$dir/pg/data" -m immediate -w stop >/dev/null
        ;;
esac
