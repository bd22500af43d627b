# Runs a postmaster ("$@") for as long as somebody holds the other end of stdin.
# A word on stdin says how to stop it. The end of stdin means that the JVM is gone, even by kill -9: stop at once.
exec 3<&0
"$@" </dev/null 3<&- &
postmaster=$!

{
    while read -r mode <&3; do
        case $mode in
            fast) kill -INT "$postmaster" ;;
            immediate) kill -QUIT "$postmaster" ;;
        esac
    done
    kill -QUIT "$postmaster"
} 2>/dev/null &
reader=$!

wait "$postmaster"
status=$?
kill "$reader" 2>/dev/null
exit "$status"
