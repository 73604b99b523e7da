#!/bin/bash
# SPDX-License-Identifier: MIT
a=(1 2 3); echo "${a[@]}" ${#a[@]}; declare -A m; m[x]=y; echo "${m[x]}"
for i in {1..5}; do echo -n "$i"; done; echo
echo $((2 ** 10)) "$PWD" "$HOME"
diff <(echo a) <(echo b)
coproc cat; echo hi >&"${COPROC[1]}"; read -r l <&"${COPROC[0]}"; echo "coproc $l"
exec {COPROC[1]}>&-
trap 'echo trapped' USR1; kill -USR1 $$; trap - USR1
(exit 3); echo $?
sleep 0.1 & wait $!; echo "wait $?"
sleep 100 & kill $!; wait $!; echo "killed $?"
set -m; (sleep 0.1; exit 5) & fg %1 >/dev/null 2>&1; echo "fg $?"; set +m
umask; ulimit -n; (ulimit -n 20; ulimit -n); ulimit -f
printf '%s\n' *.none /e*
set -o pipefail; false | true; echo "pipefail $?"; yes | head -1; echo "${PIPESTATUS[@]}"
mapfile -t lines </etc/passwd; echo "${lines[0]}"
[[ abc =~ b(.) ]] && echo "${BASH_REMATCH[1]}"
printf -v v '%05d' 42; echo "$v" "${v/0/X}" "${v:1:2}"
exec 5<>/tmp/bash.rw; echo rw >&5; cat /tmp/bash.rw; exec 5>&-
echo x | { read -r x; echo "[$x]"; }; cat <<<here; cat <<END
doc $((1 + 1))
END
set -o noclobber; echo 1 >/tmp/bash.rw; echo $?; set +o noclobber
read -r -t 0.1 y </dev/zero; echo "timed out $(($? > 128))"
type -t cd ls if
. /dev/stdin <<<'echo sourced'; eval 'echo eval'; (trap 'echo at exit' EXIT); bash -c 'exec -a name bash -c "echo \$0"'
nothing_there; echo $?; /tmp; echo $?; echo 'exit 9' >/tmp/s.sh; bash /tmp/s.sh; echo $?; { bash -c 'kill -SEGV $$'; } 2>/dev/null; echo $?
