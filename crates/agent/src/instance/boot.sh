# The first program of an instance after its init: lets the key pair in, runs the user data once, then waits to be stopped.
kit=/run/isthmus
done=/var/lib/isthmus/user-data.done

# As a shutdown does: ask every process to end and give them four seconds (the agent kills after five).
stop() {
    kill -TERM -1
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        set -- /proc/[0-9]*
        # Init, this shell, and the sleep below, which is the shell's own.
        [ $# -le 3 ] && break
        sleep 0.2
    done
    exit 0
}
trap stop TERM INT

# The key pair's line takes the place of the one that was written at an earlier start; other lines are the users' own.
let_key_in() {
    keys=$HOME/.ssh/authorized_keys
    last=/var/lib/isthmus/authorized-key
    [ -s $kit/authorized-key ] || [ -s $last ] || return
    mkdir -p /var/lib/isthmus $HOME/.ssh && chmod 700 $HOME/.ssh && touch $keys $last || return
    grep -vxF "$(cat $last)" $keys >$keys.new
    cat $kit/authorized-key >>$keys.new && chmod 600 $keys.new && mv $keys.new $keys && cp $kit/authorized-key $last
}

first_boot() {
    mkdir -p /var/lib/isthmus && touch "$done" || return
    [ -s $kit/user-data ] || return
    IFS= read -r line <$kit/user-data
    case $line in
    '#!'*)
        cp $kit/user-data /var/lib/isthmus/user-data && chmod 700 /var/lib/isthmus/user-data || return
        /var/lib/isthmus/user-data </dev/null &
        wait $!
        echo "isthmus: user data ended with status $?"
        ;;
    *) echo "isthmus: user data is not a script (its first line does not begin with #!): ignored" ;;
    esac
}

let_key_in
[ -e "$done" ] || first_boot
while :; do
    sleep 86400 &
    wait $!
done
