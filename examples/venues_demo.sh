#!/usr/bin/env bash
# Four exchanges on this machine, a robot on each: they trade, are killed with -9, go on, and stop with proof.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export COLUMNS="${COLUMNS:-120}"

folder=$(mktemp -d)
exchange=0 house=0
finish() {
  for process in "$house" "$exchange"; do
    [ "$process" = 0 ] || kill -9 "$process" 2>/dev/null || true
  done
  rm -rf "$folder"
}
trap finish EXIT

cp examples/venues.toml "$folder/robots.toml"
cd "$folder"

echo "starting four exchanges (the first time compiles, about a minute)"
steelyard exchange --json --port 0 --accounts 1 >exchange.json &
exchange=$!
for _ in $(seq 240); do
  [ -s exchange.json ] && break
  kill -0 "$exchange"
  sleep 0.5
done

for venue in binance okx bitget gate; do
  steelyard account add "$venue" --exchange exchange.json
done
steelyard doctor || true

start() {
  steelyard run robots.toml 2>>run.log &
  house=$!
  for _ in $(seq 120); do
    trading=$(steelyard status --json 2>/dev/null | grep -o '"phase": "running"' | wc -l || true)
    [ "$trading" = 4 ] && return
    kill -0 "$house" || { cat run.log; exit 1; }
    sleep 0.5
  done
  echo "the house does not trade:"; cat run.log; exit 1
}

echo "starting the robots"
start
sleep 20
steelyard status
echo "killing them with -9"
kill -9 "$house"
wait "$house" 2>/dev/null || true
start
sleep 5
steelyard drift
echo "stopping them"
kill -TERM "$house"
wait "$house"
house=0
steelyard receipts
steelyard verify
