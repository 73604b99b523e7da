#!/bin/bash
# SPDX-License-Identifier: MIT
cd /tmp || exit
gawk 'BEGIN { for (i = 0; i < 5; i++) s += i * i; print s, sqrt(2), sin(1)
printf "%5.2f|%-5s|%05d\n", 3.14159, "ab", 42; "echo pipe" | getline x; print x
print length("abc"), toupper("x"), substr("hello", 2, 3); print system("exit 3"); print strftime("%Y", 0, 1)
n = split("a:b:c", q, ":"); print n, q[2]; asort(q); print q[1]; print gensub(/a/, "b", "g", "aaa")
print "to stderr" > "/dev/stderr" }' 2>&1
seq 1 100000 | gawk '{ s += $1 } END { print s, NR }'; gawk -F: 'NR == 1 { print $1, $NF }' /etc/passwd
gawk 'BEGIN { while ((getline l < "/etc/group") > 0) c++; print c > 0; print ENVIRON["HOME"], PROCINFO["uid"] }'
gawk 'BEGIN { cmd = "sort"; print "b\na" |& cmd; close(cmd, "to"); while ((cmd |& getline x) > 0) print x }'
awk 'BEGIN { print 1 / 3 }'; gawk -M 'BEGIN { print 2 ^ 100 }'; ls -l "$(command -v awk)" | sed 's/.*-> //'
gawk 'BEGIN { print "x" | "cat; exit 2"; print close("cat; exit 2"); exit 7 }'; echo $?; gawk 'BEGIN { print'; echo $?
