# What a leader runs in a storm: KIND SECONDS FLEET. It says when it begins and ends, and holds a lock that lives exactly
# as long as anything of it lives, stopped or not: the descriptor is inherited by every process that it starts.
kind=$1 seconds=$2 fleet=$3
now() { date +%s%N; }
exec 9>>"$fleet.lock"
if ! flock -n 9; then
    echo "overlap $BELLWETHER_RUN $(cat "$fleet.holder") $(now)" >>log
    exit 9
fi
echo "$BELLWETHER_RUN" >"$fleet.holder"
echo "begin $BELLWETHER_RUN $BELLWETHER_APP $(now)" >>log
end() {
    echo "end $BELLWETHER_RUN $1 $(now)" >>log
    exit "$1"
}
case $kind in
    succeed) sleep "$seconds" && end 0 ;;
    fail) sleep "$seconds"; echo "it failed" >&2; end 3 ;;
    hang) sleep 600; end 0 ;;
    stubborn) trap '' TERM INT HUP QUIT; while :; do sleep 1; done ;;
    fork) sleep 600 & sleep "$seconds"; end 0 ;;
    swarm) (trap '' TERM; while :; do sleep 0.2; done) & (sleep 600 & sleep 600) & sleep "$seconds"; end 0 ;;
    noise)
        i=0
        while [ $i -lt 300 ]; do printf 'line %d \033[2J\377\200 of noise\r' $i; i=$((i + 1)); done
        sleep "$seconds"
        end 0
        ;;
esac
