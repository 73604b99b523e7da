#!/bin/bash
# SPDX-License-Identifier: MIT
cat >/tmp/d.sh <<'END'
echo "$0" $#
f() { local x=$1; echo "f $x"; return 6; }
f 1; echo $?
set -- a b c; shift; echo "$@"
i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done; echo $i
trap "echo bye" EXIT
trap "echo usr1" USR1; kill -USR1 $$
case abc in a*) echo matched ;; esac
x=$(echo sub; echo more); echo "$x"; echo "${x#sub}" "${y:-default}" "${#x}"
echo one | while read -r l; do echo "$l"; done
(sleep 0.1; echo background) & wait; echo $!  >/dev/null
cat <<X | tr a-z A-Z
here $i
X
getopts ab: o -b arg; echo "$o $OPTARG"
exec 3>/tmp/three; echo text >&3; exec 3>&-; cat /tmp/three
umask 077; : >/tmp/mode; ls -l /tmp/mode | cut -c1-10
command -v sh; ulimit -n; test -t 0 || echo no terminal
exit 4
END
dash /tmp/d.sh x y; echo "exit $?"
dash -c 'sleep 10 & kill -9 $!; wait $!; echo $?'
dash -c 'exec 2>&1; no_such_command; echo $?; . /no/such'; echo $?
