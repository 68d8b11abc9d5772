# Runs a command of the cloud assistant inside an instance: its text comes from standard input, its directory is $1.
cd -- "$1" || exit 1
script=$(mktemp) && cat >"$script" && chmod 700 "$script" || exit 1
IFS= read -r line <"$script"
case $line in
'#!'*) "$script" </dev/null ;;
*) /bin/sh "$script" </dev/null ;;
esac
status=$?
rm -f "$script"
exit $status
