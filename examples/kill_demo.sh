#!/bin/sh
# Ten paper robots trade while their process is killed with -9 twenty times. Then: is anything lost?
#
# It runs in a folder of its own that it removes in the end, and takes less than two minutes.
# KILLS=5 examples/kill_demo.sh kills five times.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
robots=$here/robots.toml
steelyard=$here/../.venv/bin/steelyard
[ -x "$steelyard" ] || steelyard=steelyard
command -v "$steelyard" >/dev/null || { echo "steelyard was not found: run 'make setup' first" >&2; exit 1; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/steelyard-XXXXXX")
log=$folder/run.log
house=
# The configuration is the one of the example; only its folder and its speed are others.
export STEELYARD_HOUSE__DATA_FOLDER="$folder" STEELYARD_PAPER__PACE=50

end() {
	trap - EXIT INT TERM
	if [ -n "$house" ]; then kill -9 "$house" 2>/dev/null || :; fi
	"$steelyard" paper "$robots" --stop >/dev/null 2>&1 || :
	rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM

# Start the house and wait until it trades.
start() {
	: >"$log"
	"$steelyard" run "$robots" --paper 2>>"$log" &
	house=$!
	tries=0
	until grep -q 'main trades' "$log"; do
		tries=$((tries + 1))
		if [ $tries -gt 600 ] || ! kill -0 "$house" 2>/dev/null; then
			echo "the house did not start:" >&2
			cat "$log" >&2
			exit 1
		fi
		sleep 0.1
	done
}

kills=${KILLS:-20}
echo "ten robots on a paper venue, a process of its own; the first start compiles and takes a while"
start
sleep 3
killed=0
while [ $killed -lt "$kills" ]; do
	kill -9 "$house"
	wait "$house" 2>/dev/null || :
	killed=$((killed + 1))
	[ ! -t 1 ] || printf "\rkilled %s of %s times" "$killed" "$kills"
	start
	# Not always after the same time: 0.0 to 1.4 s.
	sleep "$((killed * 7 % 15 / 10)).$((killed * 7 % 10))"
done
[ ! -t 1 ] || echo
sleep 2

wrong=0
echo; echo "steelyard status"; "$steelyard" status -c "$robots" || wrong=1
echo "steelyard drift"; "$steelyard" drift -c "$robots" || wrong=1
echo; echo "steelyard verify"; "$steelyard" verify -c "$robots" || wrong=1
echo; echo "steelyard replay main"; "$steelyard" replay main -c "$robots" || wrong=1

kill -INT "$house"
wait "$house" 2>/dev/null || :
house=
echo; echo "stopped by Ctrl-C; its last receipts:"; "$steelyard" receipts -c "$robots" -n 3

echo
if [ $wrong -eq 0 ]; then
	echo "killed $killed times: nothing was lost, nothing was doubled"
else
	echo "killed $killed times: something is wrong, see above"
fi
exit $wrong
